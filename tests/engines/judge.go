// Reads a time, a chain and a store from every line, and tells whether Go would trust the chain then.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		fmt.Println(strings.ReplaceAll(judge(strings.Fields(lines.Text())), "\n", " "))
	}
}

func judge(fields []string) string {
	roots, sent := x509.NewCertPool(), x509.NewCertPool()
	for _, der := range read(fields[2]) {
		roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	var leaf *x509.Certificate
	for _, der := range read(fields[1]) {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return err.Error()
		}
		if leaf == nil {
			leaf = certificate
		} else {
			sent.AddCert(certificate)
		}
	}
	seconds, _ := strconv.ParseInt(fields[0], 10, 64)
	options := x509.VerifyOptions{Roots: roots, Intermediates: sent, CurrentTime: time.Unix(seconds, 0)}
	if _, err := leaf.Verify(options); err != nil {
		return err.Error()
	}
	return "trusted"
}

func read(list string) [][]byte {
	var ders [][]byte
	for _, one := range strings.Split(list, ",") {
		der, _ := base64.StdEncoding.DecodeString(one)
		ders = append(ders, der)
	}
	return ders
}
