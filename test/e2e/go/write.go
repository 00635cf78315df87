package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	mathrand "math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// storedHashes is a tree in memory, in the order of tlog.StoredHashIndex.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

// write makes a log with a key of its own and prints the verifier key. Beside "checkpoint" stands "checkpoint.old", of
// half the size. The sumdb layout is that of Go's checksum database: "latest", tile/8/L/N, records as text.
func write(folder, name, countText, layout string) error {
	count, err := strconv.ParseInt(countText, 10, 64)
	if err != nil {
		return err
	}
	private, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return err
	}
	var tree storedHashes
	entries := makeEntries(count, layout)
	for index, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(index), entry, tree)
		if err != nil {
			return err
		}
		tree = append(tree, hashes...)
	}
	if err := writeTiles(folder, count, layout, tree, entries); err != nil {
		return err
	}
	head := map[string]string{"c2sp": "checkpoint", "sumdb": "latest"}[layout]
	for file, size := range map[string]int64{head: count, head + ".old": count / 2} {
		if err := writeCheckpoint(filepath.Join(folder, file), size, layout, tree, signer); err != nil {
			return err
		}
	}
	fmt.Println(vkey)
	return nil
}

// makeEntries gives entries of random bytes, the second one empty, the third of the greatest length; those of a sumdb
// log are lines of text.
func makeEntries(count int64, layout string) [][]byte {
	random := mathrand.New(mathrand.NewSource(count))
	entries := make([][]byte, count)
	for i := range entries {
		size := 1 + random.Intn(100)
		if i == 1 {
			size = 0
		}
		if i == 2 {
			size = 65535
		}
		entry := make([]byte, size)
		random.Read(entry)
		if layout == "sumdb" {
			entry = []byte(fmt.Sprintf("example.org/module v1.%d.0 h1:%s\n", i, base64.StdEncoding.EncodeToString(entry[:size%33])))
		}
		entries[i] = entry
	}
	return entries
}

func writeTiles(folder string, count int64, layout string, tree storedHashes, entries [][]byte) error {
	for _, tile := range tlog.NewTiles(tileHeight, 0, count) {
		width := int64(tile.W)
		if width < 1<<tileHeight && tile.N<<tileHeight+width != count>>(tileHeight*tile.L) {
			continue
		}
		data, err := tlog.ReadTileData(tile, tree)
		if err != nil {
			return err
		}
		if err := writeFile(folder, tile.Path(), layout, data); err != nil {
			return err
		}
		if tile.L > 0 {
			continue
		}
		first := tile.N << tileHeight
		tile.L = -1
		data, err = formatEntries(first, entries[first:first+width], layout)
		if err != nil {
			return err
		}
		if err := writeFile(folder, tile.Path(), layout, data); err != nil {
			return err
		}
	}
	return nil
}

func formatEntries(first int64, entries [][]byte, layout string) (data []byte, err error) {
	for i, entry := range entries {
		if layout == "sumdb" {
			record, err := tlog.FormatRecord(first+int64(i), entry)
			if err != nil {
				return nil, err
			}
			data = append(data, record...)
			continue
		}
		data = binary.BigEndian.AppendUint16(data, uint16(len(entry)))
		data = append(data, entry...)
	}
	return data, nil
}

func writeFile(folder, path, layout string, data []byte) error {
	if layout == "c2sp" {
		path = strings.Replace(strings.Replace(path, "tile/8/data/", "tile/entries/", 1), "tile/8/", "tile/", 1)
	}
	file := filepath.Join(folder, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

func writeCheckpoint(file string, size int64, layout string, tree storedHashes, signer note.Signer) error {
	root, err := tlog.TreeHash(size, tree)
	if err != nil {
		return err
	}
	text := string(tlog.FormatTree(tlog.Tree{N: size, Hash: root}))
	if layout == "c2sp" {
		text = strings.Replace(text, "go.sum database tree", signer.Name(), 1)
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return err
	}
	return os.WriteFile(file, signed, 0o644)
}
