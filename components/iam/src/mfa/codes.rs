//! Which codes are right: each code once, in order, around the present time.
//!
//! A device shows another code in every step of 30 seconds. A code counts in its own step, in the
//! one before and in the one after. When a device is enabled, a user who types slowly and a clock
//! that runs late look alike. So the drift of a clock widens the window in its direction, and does
//! not move it.
//!
//! **Guessing.** After [`FAILURES_MAX`] wrong codes in a row a device takes none for [`LOCK_MS`],
//! and for twice as long after each further [`FAILURES_MAX`], up to [`LOCK_MS_MAX`]: about 500
//! guesses a day, each right with a chance of one in 300,000. Only calls that its user signed can
//! lock a device. A code that comes while it is locked changes nothing and costs no commit. A right
//! code unlocks the device. So does `ResyncMFADevice`, which another user of the account may call.

use sdk::vault::Device;

use crate::index;
use crate::names;
use crate::records::MfaDevice;

/// Milliseconds of a step.
const STEP_MS: u64 = 30_000;
/// Steps by which a clock may be off when a device is enabled or synchronized.
const DRIFT_MAX: u64 = 5;
/// Wrong codes in a row that lock a device.
const FAILURES_MAX: u32 = 5;
/// How long a device is locked for the first time.
const LOCK_MS: u64 = 30_000;
/// How long a device is locked at most.
const LOCK_MS_MAX: u64 = 900_000;

/// What verifying says of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CodeVerdict {
    /// The code of this step, and new.
    Right(u64),
    /// It was used already, or a later one was.
    Used,
    /// Of none of the steps that count.
    Wrong,
    /// The device is locked, and the code was not looked at.
    Locked,
}

/// Whether a text could be a code.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A device as the host takes it.
pub(crate) fn sealed(account: &str, device: &MfaDevice) -> Device {
    Device {
        account: account.to_owned(),
        serial_number: names::mfa_arn(account, device),
        sealed: device.sealed.clone(),
    }
}

/// Verifies a code that is shown now.
pub(crate) fn verify(account: &str, device: &MfaDevice, code: &str, now_ms: u64) -> CodeVerdict {
    if now_ms < device.locked_until_ms {
        return CodeVerdict::Locked;
    }
    if !is_code(code) {
        return CodeVerdict::Wrong;
    }
    let (first, last) = window(device, now_ms);
    let sealed = sealed(account, device);
    // Codes count in order: the step of the last one that was used is used up, and all before it.
    let fresh = first.max(device.used_step.saturating_add(1));
    if let Some(step) = index::find_step(&sealed, code, fresh, last) {
        return CodeVerdict::Right(step);
    }
    match index::find_step(&sealed, code, first, device.used_step.min(last)) {
        Some(_) => CodeVerdict::Used,
        None => CodeVerdict::Wrong,
    }
}

/// The steps whose codes count now.
fn window(device: &MfaDevice, now_ms: u64) -> (u64, u64) {
    let now = now_ms / STEP_MS;
    let late = device.drift_steps.min(0).unsigned_abs();
    let early = device.drift_steps.max(0).unsigned_abs();
    (now.saturating_sub(late + 1), now.saturating_add(early + 1))
}

/// The step of the second of two codes that follow one another, around now and after the last one
/// that was used.
pub(crate) fn find_pair(account: &str, device: &MfaDevice, codes: (&str, &str), now_ms: u64) -> Option<u64> {
    let sealed = sealed(account, device);
    let now = now_ms / STEP_MS;
    let last = now.saturating_add(DRIFT_MAX);
    let mut from = now.saturating_sub(DRIFT_MAX).max(device.used_step.saturating_add(1));
    // Several steps may have the same code.
    while let Some(step) = index::find_step(&sealed, codes.0, from, last) {
        if index::find_step(&sealed, codes.1, step + 1, step + 1).is_some() {
            return Some(step + 1);
        }
        from = step + 1;
    }
    None
}

impl MfaDevice {
    /// Uses a right code up, and unlocks the device.
    pub(crate) fn use_up(&mut self, step: u64) {
        self.used_step = step;
        self.failures = 0;
        self.locked_until_ms = 0;
    }

    /// Sets the clock after two right codes in a row, which tell the time of the device.
    pub(crate) fn synchronize(&mut self, step: u64, now_ms: u64) {
        self.use_up(step);
        let off = step.abs_diff(now_ms / STEP_MS).min(DRIFT_MAX);
        let off = i64::try_from(off).unwrap_or_default();
        self.drift_steps = if step < now_ms / STEP_MS { -off } else { off };
    }

    /// Counts a wrong code. True when it locks the device.
    pub(crate) fn count_failure(&mut self, now_ms: u64) -> bool {
        self.failures = self.failures.saturating_add(1);
        if !self.failures.is_multiple_of(FAILURES_MAX) {
            return false;
        }
        let doublings = (self.failures / FAILURES_MAX - 1).min(8);
        self.locked_until_ms = now_ms.saturating_add((LOCK_MS << doublings).min(LOCK_MS_MAX));
        true
    }
}

#[cfg(test)]
mod tests;
