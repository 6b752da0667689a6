// Says of each file how many certificates Go has of it, or that pgx and lib/pq refuse it.
package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
)

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	for index := 0; index < count; index++ {
		bytes, _ := os.ReadFile(fmt.Sprintf("%s/%d", os.Args[1], index))
		pool := x509.NewCertPool()
		if pool.AppendCertsFromPEM(bytes) {
			fmt.Println(len(pool.Subjects()))
		} else {
			fmt.Println("no")
		}
	}
}
