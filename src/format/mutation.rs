//! Damaged variants of a good input, the same in every run.

use super::Format;

/// Feeds this many variants to a format's reader and merger, each with and without the password. Returns how many were
/// read to the end; that nothing panics is what callers are after.
pub(super) fn survive(format: &Format, good: &[u8], password: Option<&str>, count: u32) -> u32 {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut read = 0;
    for round in 0..count {
        let mut bytes = good.to_vec();
        for _ in 0..=random.below(3) {
            random.mutate(&mut bytes);
        }
        let password = password.filter(|_| round % 2 == 0);
        read += u32::from(format.decode(&mut &bytes[..], password, &mut |_| ()).is_ok());
        if round % 4 == 0 {
            let _ = (format.merge)(&bytes, password, &[]);
        }
    }
    read
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, self.below(256) as u8),
            2 => drop(bytes.drain(at..(at + 1 + self.below(16)).min(bytes.len()))),
            // Lengths and counts stand in two or four bytes.
            3 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff),
            4 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0),
            5 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = 0x80),
            _ => {
                let value = self.below(256) as u8;
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= value.max(1));
            }
        }
    }
}
