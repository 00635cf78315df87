package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// openTree checks the checkpoint's signature and gives the tree that it speaks of.
func openTree(folder, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	bytes, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint: origin %q, key of %q", origin, verifier.Name())
	}
	// tlog knows one origin only, that of Go's own database.
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

// diskTiles reads tiles from a folder; tile/8/L/N of Go is tile/L/N there. Checked tiles are kept.
type diskTiles struct {
	folder string
	known  map[tlog.Tile][]byte
}

func (d *diskTiles) Height() int { return tileHeight }

func (d *diskTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		bytes, isKnown := d.known[tile]
		if !isKnown {
			var err error
			path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
			if bytes, err = os.ReadFile(filepath.Join(d.folder, path)); err != nil {
				return nil, err
			}
		}
		data[i] = bytes
	}
	return data, nil
}

func (d *diskTiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, tile := range tiles {
		d.known[tile] = data[i]
	}
}

// knownHashes keeps what a reader has authenticated: else each proof would authenticate the edge of the tree again.
type knownHashes struct {
	reader tlog.HashReader
	known  map[int64]tlog.Hash
}

func newReader(folder string, tree tlog.Tree) tlog.HashReader {
	tiles := &diskTiles{folder, map[tlog.Tile][]byte{}}
	return &knownHashes{tlog.TileHashReader(tree, tiles), map[int64]tlog.Hash{}}
}

func (k *knownHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var missing []int64
	for _, index := range indexes {
		if _, isKnown := k.known[index]; !isKnown {
			missing = append(missing, index)
		}
	}
	if len(missing) > 0 {
		hashes, err := k.reader.ReadHashes(missing)
		if err != nil {
			return nil, err
		}
		for i, index := range missing {
			k.known[index] = hashes[i]
		}
	}
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = k.known[index]
	}
	return hashes, nil
}

// readBundle gives the entries of one bundle: each two bytes of length, big-endian, and the entry.
func readBundle(folder string, index int64, width int) ([][]byte, error) {
	path := strings.Replace(tlog.Tile{H: tileHeight, L: -1, N: index, W: width}.Path(), "tile/8/data/", "tile/entries/", 1)
	bytes, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(bytes) > 0 {
		if len(bytes) < 2 {
			return nil, fmt.Errorf("%s: half a length", path)
		}
		size := int(binary.BigEndian.Uint16(bytes))
		if len(bytes) < 2+size {
			return nil, fmt.Errorf("%s: half an entry", path)
		}
		entries = append(entries, bytes[2:2+size])
		bytes = bytes[2+size:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("%s: %d entries, want %d", path, len(entries), width)
	}
	return entries, nil
}

// eachEntry reads all bundles of a tree in order.
func eachEntry(folder string, tree tlog.Tree, visit func(index int64, entry []byte) error) error {
	for group := int64(0); group<<tileHeight < tree.N; group++ {
		width := 1 << tileHeight
		if rest := tree.N - group<<tileHeight; rest < int64(width) {
			width = int(rest)
		}
		entries, err := readBundle(folder, group, width)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if err := visit(group<<tileHeight+int64(i), entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// check has every entry of the log proved, and a sample of older sizes.
func check(folder, vkey string) error {
	tree, err := openTree(folder, vkey)
	if err != nil {
		return err
	}
	reader := newReader(folder, tree)
	inclusions := 0
	err = eachEntry(folder, tree, func(index int64, entry []byte) error {
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		inclusions++
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	consistencies, err := checkOlderSizes(tree, reader)
	if err != nil {
		return err
	}
	fmt.Printf("size %d, %d inclusion proofs, %d consistency proofs\n", tree.N, inclusions, consistencies)
	return nil
}

// checkOlderSizes proves that the tree extends itself at about 64 older sizes, the smallest and the last among them.
func checkOlderSizes(tree tlog.Tree, reader tlog.HashReader) (count int, err error) {
	step := tree.N/64 + 1
	for size := int64(1); size <= tree.N; size += step {
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return count, err
		}
		proof, err := tlog.ProveTree(tree.N, size, reader)
		if err != nil {
			return count, err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, root); err != nil {
			return count, fmt.Errorf("size %d: %w", size, err)
		}
		count++
	}
	return count, nil
}

// checkProofs checks proofs that another program made.
func checkProofs(folder, vkey, file string) error {
	tree, err := openTree(folder, vkey)
	if err != nil {
		return err
	}
	leaves := make([]tlog.Hash, 0, tree.N)
	if err := eachEntry(folder, tree, func(_ int64, entry []byte) error {
		leaves = append(leaves, tlog.RecordHash(entry))
		return nil
	}); err != nil {
		return err
	}
	reader := newReader(folder, tree)
	lines, err := os.Open(file)
	if err != nil {
		return err
	}
	defer lines.Close()
	count := 0
	for scanner := bufio.NewScanner(lines); scanner.Scan(); count++ {
		if err := checkProof(strings.Fields(scanner.Text()), tree, leaves, reader); err != nil {
			return fmt.Errorf("line %d: %w", count+1, err)
		}
	}
	fmt.Printf("%d proofs hold\n", count)
	return nil
}

func checkProof(words []string, tree tlog.Tree, leaves []tlog.Hash, reader tlog.HashReader) error {
	number, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return err
	}
	hashes := make([]tlog.Hash, len(words)-2)
	for i, word := range words[2:] {
		bytes, err := base64.StdEncoding.DecodeString(word)
		if err != nil || copy(hashes[i][:], bytes) != tlog.HashSize {
			return fmt.Errorf("%q is no hash", word)
		}
	}
	if words[0] == "inclusion" {
		return tlog.CheckRecord(hashes, tree.N, tree.Hash, number, leaves[number])
	}
	root, err := tlog.TreeHash(number, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(hashes, tree.N, tree.Hash, number, root)
}
