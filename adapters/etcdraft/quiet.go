package etcdraft

import "fmt"

// quiet is the library's logger: it says nothing, and panics where the library wants the process to end.
type quiet struct{}

func (quiet) Debug(...any)            {}
func (quiet) Debugf(string, ...any)   {}
func (quiet) Error(...any)            {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Info(...any)             {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warning(...any)          {}
func (quiet) Warningf(string, ...any) {}

// Fatal ends the replica.
func (quiet) Fatal(v ...any) { panic("raft: " + fmt.Sprint(v...)) }

// Fatalf ends the replica.
func (quiet) Fatalf(format string, v ...any) { panic("raft: " + fmt.Sprintf(format, v...)) }

// Panic ends the replica.
func (quiet) Panic(v ...any) { panic("raft: " + fmt.Sprint(v...)) }

// Panicf ends the replica.
func (quiet) Panicf(format string, v ...any) { panic("raft: " + fmt.Sprintf(format, v...)) }
