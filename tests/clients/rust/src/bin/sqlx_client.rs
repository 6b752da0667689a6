//! sqlx, with the TLS that it is built with.

use clients::{Answer, Cell, QUERY, answer};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

fn main() {
    answer(ask);
}

async fn ask(cell: Cell) -> Answer {
    let host = if cell.host.contains(':') { format!("[{}]", cell.host) } else { cell.host };
    let mut url = format!("postgres://postgres@{host}:{}/{}?application_name=cell", cell.port, cell.database);
    if let Some(mode) = cell.mode {
        url += &format!("&sslmode={mode}");
    }
    if let Some(file) = cell.file {
        url += &format!("&sslrootcert={file}");
    }
    let mut connection = PgConnection::connect(&url).await?;
    let row = sqlx::query(QUERY).fetch_one(&mut connection).await?;
    let seen = row.try_get(0)?;
    connection.close().await?;
    Ok(seen)
}
