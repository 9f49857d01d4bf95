package main

import (
	"testing"

	"simrun/simtest"
)

func TestRegister(t *testing.T) { simtest.Run(t, register(), simtest.Options{}) }

func TestCorpus(t *testing.T) { simtest.Regress(t, "corpus", register()) }
