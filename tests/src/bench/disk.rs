//! What the disk alone can do.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const BLOCK_BYTES: usize = 4096;

/// How often a second one thread can write 4 KiB to a file in `folder` and have it on the disk (`fdatasync`), over
/// `time`.
///
/// # Errors
/// The folder can't be written.
pub(super) fn syncs_per_s(folder: &Path, time: Duration) -> Result<f64, String> {
    let path = folder.join("fsyncs");
    let measured = File::create(&path).and_then(|mut file| {
        let (block, start, mut syncs) = ([7; BLOCK_BYTES], Instant::now(), 0_u32);
        while start.elapsed() < time {
            file.write_all(&block)?;
            file.sync_data()?;
            syncs += 1;
        }
        Ok(f64::from(syncs) / start.elapsed().as_secs_f64())
    });
    // Only a file of this measurement.
    let _ = std::fs::remove_file(&path);
    measured.map_err(|error| format!("{}: {error}", path.display()))
}
