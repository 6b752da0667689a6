// PostgreSQL clients in Go: lib/pq, pgx v4 (its pgconn), and pgconn with the TLS settings that pgx v5 makes. Reads cells from
// standard input, the fields of each with tabs between them, and answers each with a line: `tls`, `plain` or `refused`,
// and why.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	_ "github.com/lib/pq"
)

const query = "select case when ssl then 'tls' else 'plain' end from pg_stat_ssl where pid = pg_backend_pid()"

type cell struct{ variant, host, port, database, mode, file string }

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		for index, field := range fields {
			if field == "-" {
				fields[index] = ""
			}
		}
		asked := cell{fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]}
		seen, err := ask(asked)
		if err != nil {
			fmt.Printf("refused\t%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("%s\t\n", seen)
		}
	}
}

func ask(asked cell) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	switch asked.variant {
	case "lib-pq":
		return libPq(ctx, asked)
	case "pgx-4":
		config, err := pgconn.ParseConfig(asked.text(true))
		if err != nil {
			return "", err
		}
		return pgx(ctx, config)
	case "pgx-5":
		config, err := pgconn.ParseConfig(asked.text(false) + " sslmode=disable")
		if err != nil {
			return "", err
		}
		return pgxFive(ctx, config, asked)
	}
	return "", errors.New("no such client")
}

func (asked cell) text(trust bool) string {
	text := fmt.Sprintf("host=%s port=%s user=postgres dbname=%s", asked.host, asked.port, asked.database)
	if trust && asked.mode != "" {
		text += " sslmode=" + asked.mode
	}
	if trust && asked.file != "" {
		text += " sslrootcert=" + asked.file
	}
	return text
}

func libPq(ctx context.Context, asked cell) (seen string, err error) {
	pool, err := sql.Open("postgres", asked.text(true))
	if err != nil {
		return "", err
	}
	defer pool.Close()
	err = pool.QueryRowContext(ctx, query).Scan(&seen)
	return seen, err
}

func pgx(ctx context.Context, config *pgconn.Config) (string, error) {
	connection, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return "", err
	}
	defer connection.Close(ctx)
	results, err := connection.Exec(ctx, query).ReadAll()
	if err != nil {
		return "", err
	}
	return string(results[0].Rows[0][0]), nil
}

// Tries one setting after the other. Unlike v4, it goes on when the server lets nobody in without TLS.
func pgxFive(ctx context.Context, config *pgconn.Config, asked cell) (seen string, err error) {
	attempts, err := settingsOfFive(asked)
	if err != nil {
		return "", err
	}
	for _, settings := range attempts {
		config.TLSConfig = settings
		if seen, err = pgx(ctx, config); err == nil {
			break
		}
		var refusal *pgconn.PgError
		if errors.As(err, &refusal) && (refusal.Code != "28000" || settings != nil) {
			break
		}
	}
	return seen, err
}

// The settings of pgx v5: pgconn/config.go, `configTLS`.
func settingsOfFive(asked cell) ([]*tls.Config, error) {
	mode := asked.mode
	if mode == "" {
		mode = "prefer"
	}
	settings := &tls.Config{}
	if home := os.Getenv("HOME") + "/.postgresql/root.crt"; asked.file == "" {
		if _, err := os.Stat(home); err == nil {
			asked.file = home
		}
	}
	if asked.file != "" {
		content, err := os.ReadFile(asked.file)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(content) {
			return nil, errors.New("no root in the file")
		}
		if mode == "require" {
			mode = "verify-ca"
		}
	}
	if net.ParseIP(asked.host) == nil {
		settings.ServerName = asked.host
	}
	switch mode {
	case "verify-ca":
		settings.InsecureSkipVerify = true
		settings.VerifyPeerCertificate = chainOnly(settings)
	case "verify-full":
		settings.ServerName = asked.host
	default:
		settings.InsecureSkipVerify = true
	}
	switch mode {
	case "disable":
		return []*tls.Config{nil}, nil
	case "allow":
		return []*tls.Config{nil, settings}, nil
	case "prefer":
		return []*tls.Config{settings, nil}, nil
	}
	return []*tls.Config{settings}, nil
}

func chainOnly(settings *tls.Config) func([][]byte, [][]*x509.Certificate) error {
	return func(sent [][]byte, _ [][]*x509.Certificate) error {
		options := x509.VerifyOptions{Roots: settings.RootCAs, Intermediates: x509.NewCertPool()}
		var leaf *x509.Certificate
		for index, der := range sent {
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				return err
			}
			if index == 0 {
				leaf = certificate
			} else {
				options.Intermediates.AddCert(certificate)
			}
		}
		_, err := leaf.Verify(options)
		return err
	}
}
