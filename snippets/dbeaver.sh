# DBeaver connects through pgjdbc. In its window the last two are the driver properties `sslmode` and `sslrootcert`.
# Left alone it connects with `prefer`, which checks nothing.
dbeaver -con 'driver=postgres-jdbc|name=app|host={host|dbeaver}|port={port}|database={dbname|dbeaver}|user={user|dbeaver}|save=true|prop.sslmode=verify-full|prop.sslrootcert={file|dbeaver}'
