// lib/pq 1.10 to 1.12. `require`, its default, checks nothing without a root certificate and no host name with one.
// A part of the file that it cannot read is skipped without a word.
db, err := sql.Open("postgres",
	"postgresql://{user|url}@{host|url}:{port}/{dbname|url}?sslmode=verify-full&sslrootcert={file|query}")
