//! Bytes of a device, expanded where the media are compressed.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::device::Held;
use super::packed::{self, Piece};
use crate::engine::disk::read_at;
use crate::engine::instance::Engine;
use crate::engine::{ServerError, texts};

#[derive(Debug)]
pub(super) struct Source {
    pub(super) engine: Engine,
    pub(super) file: File,
    /// Bytes, expanded where the media are compressed.
    pub(super) len: u64,
    pub(super) path: String,
    pub(super) held: Option<Held>,
    /// Of compressed media.
    pub(super) pieces: Option<Vec<Piece>>,
    /// The piece expanded last.
    pub(super) last: Mutex<(u64, Vec<u8>)>,
}

impl Source {
    /// Reads bytes of the media.
    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), ServerError> {
        let Some(pieces) = &self.pieces else { return self.read_file(offset, out) };
        let mut done = 0;
        while done < out.len() {
            let at = offset + done as u64;
            let index = pieces.partition_point(|piece| piece.logical + piece.len <= at);
            let piece = pieces.get(index).ok_or_else(|| texts::read_past_end(&self.path))?;
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.0 != piece.logical || last.1.is_empty() {
                *last = (piece.logical, self.expand(piece)?);
            }
            let from = usize::try_from(at - piece.logical).unwrap_or(0);
            let part = last.1.get(from..).unwrap_or_default();
            let take = part.len().min(out.len() - done);
            if take == 0 {
                return Err(texts::read_past_end(&self.path));
            }
            out[done..done + take].copy_from_slice(&part[..take]);
            done += take;
        }
        Ok(())
    }

    pub(super) fn expand(&self, piece: &Piece) -> Result<Vec<u8>, ServerError> {
        let size = piece.packed.map_or(piece.len, u64::from);
        let mut bytes = vec![0u8; usize::try_from(size).unwrap_or(0)];
        self.read_file(piece.real, &mut bytes)?;
        match piece.packed {
            None => Ok(bytes),
            Some(_) => packed::unpack(piece, &bytes).ok_or_else(|| texts::read_invalid(&self.path)),
        }
    }

    /// The place in the file of a place in the media, at the begin of a piece.
    pub(super) fn real(&self, at: u64) -> u64 {
        match &self.pieces {
            None => at,
            Some(pieces) => match pieces.iter().find(|piece| piece.logical == at) {
                Some(piece) => piece.real,
                None => self.file.metadata().map_or(0, |meta| meta.len()),
            },
        }
    }

    pub(super) fn read_file(&self, offset: u64, out: &mut [u8]) -> Result<(), ServerError> {
        if let Some(cause) = self.engine.faults().on_media_read(offset + out.len() as u64) {
            return Err(texts::read_failed(&self.path, cause));
        }
        read_at(&self.file, out, offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => texts::read_past_end(&self.path),
            _ => texts::read_failed(&self.path, texts::os_error(&error)),
        })
    }

    /// What there is of `len` bytes at `offset`.
    pub(super) fn some(&self, offset: u64, len: u64) -> Result<Vec<u8>, ServerError> {
        let len = len.min(self.len.saturating_sub(offset));
        let mut out = vec![0; usize::try_from(len).unwrap_or(0)];
        self.read(offset, &mut out)?;
        Ok(out)
    }
}
