// pgx 5. `prefer`, the default, checks nothing and goes on without TLS where that fails.
conn, err := pgx.Connect(ctx,
	"postgresql://{user|url}@{host|url}:{port}/{dbname|url}?sslmode=verify-full&sslrootcert={file|query}")
