//! What a process prints, line by line into `tracing`.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// How long a line may be, in bytes; a longer one is cut into several.
const LINE: usize = 16 << 10;

/// Hands on what `from` has, until it ends.
pub(super) async fn follow(from: impl AsyncRead + Unpin, function: Arc<str>, stream: &'static str) {
    let (mut reader, mut line) = (BufReader::new(from), Vec::new());
    loop {
        let (taken, whole) = match reader.fill_buf().await {
            Ok([]) | Err(_) => break,
            Ok(bytes) => {
                let bytes = bytes.get(..LINE - line.len()).unwrap_or(bytes);
                let end = bytes.iter().position(|byte| *byte == b'\n');
                line.extend_from_slice(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default());
                (end.map_or(bytes.len(), |end| end + 1), end.is_some())
            }
        };
        reader.consume(taken);
        if whole || line.len() >= LINE {
            write(&function, stream, &line);
            line.clear();
        }
    }
    if !line.is_empty() {
        write(&function, stream, &line);
    }
}

fn write(function: &str, stream: &str, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    tracing::info!(target: "lambda", function, stream, "{line}");
}
