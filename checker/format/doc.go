// Package format reads histories that other programs recorded, and writes and reads those of simrun.
//
//   - json: an operation's events as Jepsen shapes them, an object a line, such as
//     {"process": 3, "type": "invoke", "f": "write", "key": 1, "value": 7}. [Write] writes it.
//   - edn: Jepsen's history.edn, a map an event, one after another or in a vector; so are the logs of key-value stores that porcupine's tests use.
//   - log: the lines of Jepsen's own log, "INFO  jepsen.util - 3 :invoke :write 7".
//
// An event is an invocation or how an operation ended: ok, fail (it did not happen and never will), or info (nobody knows). A process has one
// operation open at a time; after info it is gone, as its operation may be under way for ever, and a client goes on as a new process. Operations that are open at
// the end are of unknown outcome. Order is that of the events, whose numbers are those of their "index", or else counted. Times are not looked at.
// Events of processes that are no numbers, such as :nemesis, are passed over.
//
// What an operation means is in wire.go, by its "f"; docs/histories.md has an example for each model. A reader goes event by event through parse (json.go, edn.go, jepsenlog.go), then
// recorder (recorder.go), which pairs invocations with their ends, and at last settle (settle.go), which decides what only the whole history tells: whether a "read"
// that returned a list read a list or a set.
//
// Input is not trusted. Whatever cannot be a history is refused with an error that names the line, and no input takes more memory than [Limits] allow: about
// 120 bytes an operation, 8 a number in a list, and the texts.
package format
