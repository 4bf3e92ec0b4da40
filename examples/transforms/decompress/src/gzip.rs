//! gzip, also several members one after the other.

use std::io::Write as _;

use flate2::write::MultiGzDecoder;

/// Bytes that are taken at once. They hold a thousand times as many at most.
const STEP: usize = 1 << 10;

pub struct Gzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    waiting: Vec<u8>,
    taken: usize,
}

impl Default for Gzip {
    fn default() -> Gzip {
        Gzip { decoder: MultiGzDecoder::new(Vec::new()), waiting: Vec::new(), taken: 0 }
    }
}

impl Gzip {
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.drain(..self.taken);
        self.taken = 0;
        self.waiting.extend_from_slice(bytes);
    }

    pub fn pull(&mut self) -> Result<Option<Vec<u8>>, String> {
        while self.taken < self.waiting.len() {
            let end = (self.taken + STEP).min(self.waiting.len());
            let step = self.waiting.get(self.taken..end).unwrap_or_default();
            self.decoder.write_all(step).map_err(|why| format!("gzip: {why}"))?;
            self.taken = end;
            let made = self.decoder.get_mut();
            // Many small pieces would each cost a turn.
            if made.len() >= super::PIECE {
                return Ok(Some(std::mem::take(made)));
            }
        }
        let made = std::mem::take(self.decoder.get_mut());
        Ok((!made.is_empty()).then_some(made))
    }

    /// Verifies length and checksum, and returns the last bytes.
    pub fn finish(&mut self) -> Result<Vec<u8>, String> {
        self.decoder.try_finish().map_err(|why| format!("gzip: {why}"))?;
        Ok(std::mem::take(self.decoder.get_mut()))
    }
}
