//! Plain HTTP where TLS is spoken: somebody wrote `http://` in place of `https://`.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

const ANSWER: &str = "HTTP/1.1 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 60\r\n\
    Cache-Control: no-store\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Connection: close\r\n\r\n\
    This port speaks HTTPS: write https:// in place of http://.\n";

/// Whether what arrives first is a request's method rather than a record of TLS. Takes nothing of it.
pub(super) async fn speaks_http(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1) if first[0].is_ascii_uppercase())
}

/// Says so, and ends the connection.
pub(super) async fn answer(mut stream: impl AsyncWrite + Unpin) {
    let answered: io::Result<()> = async {
        stream.write_all(ANSWER.as_bytes()).await?;
        stream.shutdown().await
    }
    .await;
    if let Err(error) = answered {
        tracing::debug!(%error, "A client that spoke HTTP at the port of HTTPS could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let (head, body) = ANSWER.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }
}
