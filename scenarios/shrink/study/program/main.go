// Program is simrun without the stories, of which the study has no need: it is compiled with every bug and every change, and that takes half as long.
package main

import "simrun/cli"

func main() { cli.Main() }
