// A Terraform provider that does nothing, for bench/cell-scale.ts: it answers each call with what Terraform sent, so
// that what a plan takes is Terraform's own. Only Go's library: gRPC is HTTP/2 with five bytes before each message and
// the status in a trailer, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
// Handshake: providers/plugin/process/handshake.ts. Fields: providers/plugin/wire/tfplugin6.ts.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"time"
)

// The answer to GetProviderSchema, written by the benchmark before it builds this program.
//
//go:embed schema.bin
var schema []byte

// The last bytes field of that number in a protobuf message; empty where there is none.
func field(message []byte, number uint64) (found []byte) {
	for len(message) > 0 {
		tag, size := binary.Uvarint(message)
		value, more := binary.Uvarint(message[size:])
		message = message[size+more:]
		if tag&7 == 0 {
			continue
		}
		if tag>>3 == number {
			found = message[:value]
		}
		message = message[value:]
	}
	return found
}

func bytesField(number uint64, value []byte) []byte {
	head := binary.AppendUvarint([]byte{byte(number<<3 | 2)}, uint64(len(value)))
	return append(head, value...)
}

// What a call is answered with, and whether there is such a call.
func answer(call string, request []byte) ([]byte, bool) {
	switch call {
	case "GetProviderSchema":
		return schema, true
	case "UpgradeResourceState": // raw_state.json to upgraded_state.json
		return bytesField(1, bytesField(2, field(field(request, 3), 1))), true
	case "ReadResource": // current_state to new_state
		return bytesField(1, field(request, 2)), true
	case "PlanResourceChange": // proposed_new_state to planned_state
		return bytesField(1, field(request, 3)), true
	case "ValidateProviderConfig", "ConfigureProvider", "ValidateResourceConfig", "StopProvider", "Shutdown":
		return nil, true
	}
	return nil, false
}

func serve(response http.ResponseWriter, request *http.Request) {
	call := path.Base(request.URL.Path)
	response.Header().Set("Content-Type", "application/grpc")
	if call == "StreamStdio" {
		response.(http.Flusher).Flush()
		<-request.Context().Done()
		return
	}
	body, err := io.ReadAll(request.Body)
	if err != nil || len(body) < 5 {
		return
	}
	message, isServed := answer(call, body[5:])
	if !isServed {
		response.Header().Set(http.TrailerPrefix+"Grpc-Status", "12") // UNIMPLEMENTED
		return
	}
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	response.Write(append(frame, message...))
	response.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	if call == "Shutdown" {
		time.AfterFunc(10*time.Millisecond, end)
	}
}

var folder string // of the socket

func end() {
	os.RemoveAll(folder)
	os.Exit(0)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	certificate := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM([]byte(os.Getenv("PLUGIN_CLIENT_CERT")))
	server := &http.Server{Handler: http.HandlerFunc(serve), TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: clients, NextProtos: []string{"h2"},
	}}
	folder = must(os.MkdirTemp("", "floor-"))
	address := filepath.Join(folder, "provider.sock")
	listener := must(net.Listen("unix", address))
	fmt.Printf("1|6|unix|%s|grpc|%s\n", address, base64.RawStdEncoding.EncodeToString(certificate))
	panic(server.ServeTLS(listener, "", ""))
}
