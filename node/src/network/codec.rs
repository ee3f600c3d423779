//! How a request and its answer travel on a stream: the bytes, then the end of the stream.
//!
//! What the bytes mean is read later, off the connection's task ([`accolade_core::record::wire`]); here only
//! their number is limited. The 10 s of a request are the limit in time.

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;
use std::io;

/// Reads and writes whole messages up to a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteCodec {
    /// Longest request that is read, in bytes.
    pub(super) max_request_bytes: usize,
    /// Longest answer that is read, in bytes.
    pub(super) max_response_bytes: usize,
}

impl Codec for ByteCodec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.max_request_bytes).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.max_response_bytes).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, bytes: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, bytes: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&bytes).await
    }
}

async fn read<T: AsyncRead + Unpin + Send>(io: &mut T, max_bytes: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed, so that an oversized message shows.
    io.take(max_bytes as u64 + 1).read_to_end(&mut bytes).await?;
    if bytes.len() > max_bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message over {max_bytes} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::io::Cursor;

    #[tokio::test]
    async fn a_message_up_to_the_limit_is_read_and_a_longer_one_refused() {
        assert_eq!(read(&mut Cursor::new(vec![7; 10]), 10).await.unwrap(), vec![7; 10]);
        assert_eq!(read(&mut Cursor::new(vec![]), 10).await.unwrap(), Vec::<u8>::new());
        let refused = read(&mut Cursor::new(vec![7; 11]), 10).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
