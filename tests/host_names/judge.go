// Tells for each certificate whether Go takes it for that of each host.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Scan()
	folder := input.Text()
	input.Scan()
	count, _ := strconv.Atoi(input.Text())
	text, _ := os.ReadFile(folder + "/hosts")
	hosts := strings.Split(string(text), "\n")
	for index := 0; index < count; index++ {
		bytes, _ := os.ReadFile(fmt.Sprintf("%s/%d.pem", folder, index))
		block, _ := pem.Decode(bytes)
		certificate, err := x509.ParseCertificate(block.Bytes)
		line := ""
		for _, host := range hosts {
			if err == nil && certificate.VerifyHostname(host) == nil {
				line += "+"
			} else {
				line += "-"
			}
		}
		fmt.Println(line)
	}
}
