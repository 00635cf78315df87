// A foreign eye on the ledger: the Go project's own note and tlog packages read what we wrote, and write logs for us to
// read. Nothing of ours is in here but the names of files.
//
//	foreign check FOLDER VKEY         every entry proved by Go from our tiles, and a sample of older sizes
//	foreign proofs FOLDER VKEY FILE   proofs that we made, one a line: "inclusion INDEX HASH…", "consistency SIZE HASH…"
//	foreign cosigned FILE VKEY WITNESS-VKEY…   who has signed a checkpoint, by Go's note package
//	foreign write FOLDER NAME COUNT LAYOUT   a log of Go's own; LAYOUT is "c2sp" or "sumdb"
//
// Built with Debian's golang-go and golang-golang-x-mod-dev: GO111MODULE=off GOPATH=/usr/share/gocode.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "foreign:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "check":
		return check(args[1], args[2])
	case len(args) == 4 && args[0] == "proofs":
		return checkProofs(args[1], args[2], args[3])
	case len(args) == 5 && args[0] == "write":
		return write(args[1], args[2], args[3], args[4])
	case len(args) >= 3 && args[0] == "cosigned":
		return cosigned(args[1], args[2], args[3:])
	}
	return fmt.Errorf("expected check, proofs, write or cosigned, got %q", args)
}
