# Metabase's own database, over pgjdbc:
export MB_DB_CONNECTION_URI='jdbc:postgresql://{host|url}:{port}/{dbname|url}?user={user|url}&sslmode=verify-full&sslrootcert={file|query}'
# A database that it shows, in Admin > Databases: left alone it tries TLS unchecked, then no TLS. Set there
# "Use a secure connection (SSL)" to on, "SSL Mode" to verify-full, and below "SSL root certificate (PEM)" choose
# "Local file path" with '{file}'
