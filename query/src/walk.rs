//! A list that is read in parts. Each part is a separate query that starts after the last row of the one before, so that a slow
//! reader holds no connection and a list of any length is never in memory.
//!
//! The end of the list is determined before its second part: the link to the next page is sent first, and rows that are added or
//! deleted meanwhile must not move it.

use crate::{
    error::Error,
    page::{Listing, MAX_LIMIT, Page, SMALL_PART, Start},
};

/// Rows that are in memory at a time.
pub const PART: u64 = 1000;
/// The maximum growth factor of a part.
const GROWTH: u64 = 4;
/// The approximate size of a part in bytes, if its rows are long.
const BYTES: u64 = 256 << 10;

/// The rest of a list.
#[derive(Debug)]
pub struct Walk {
    left: Option<Listing>,
    /// Rows of the next part.
    part: u64,
}

impl Walk {
    /// All rows of a list.
    pub fn whole(listing: Listing) -> Self {
        Self { left: Some(listing), part: SMALL_PART }
    }

    /// The first part of a list and the rest of it; together they are the requested page, or else at most `cap` rows. The
    /// neighbours are those of the whole page. A page in the backward direction is one part.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad parameter, and what `page` returns.
    pub async fn begin<T, F: From<Error>>(
        listing: &Listing,
        cap: u64,
        page: &impl AsyncFn(&Listing) -> Result<Page<T>, F>,
    ) -> Result<(Page<T>, Option<Self>), F> {
        let limit = listing.limit(cap)?;
        if limit <= PART || listing.leads_back() {
            return Ok((page(&listing.part(limit.min(MAX_LIMIT))).await?, None));
        }
        let mut first = page(&listing.part(PART)).await?;
        let (Some(next), Some(end)) = (&first.next, &first.end) else { return Ok((first, None)) };
        let rest = listing.after(end.clone());
        let edge = page(&rest.skipping(limit - PART - 1).part(1)).await?;
        let more = edge.next.is_some();
        if let Start::Offset(second) = next {
            let offset = second.saturating_sub(PART);
            first.previous = (offset > 0).then(|| Start::Offset(offset.saturating_sub(limit)));
            first.next = more.then(|| Start::Offset(offset.saturating_add(limit)));
        } else {
            first.next = edge.next;
        }
        let left = match edge.end.filter(|_| more) {
            Some(last) => rest.until(last),
            None => rest,
        };
        Ok((first, Some(Self { left: Some(left), part: SMALL_PART })))
    }

    /// Records the size of the last part in bytes.
    pub fn wrote(&mut self, rows: usize, bytes: usize) {
        self.part = next_part(self.part, rows as u64, bytes as u64);
    }

    /// The rows of the next part; `None` at the end.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin).
    pub async fn next<T, F>(
        &mut self,
        page: &impl AsyncFn(&Listing) -> Result<Page<T>, F>,
    ) -> Result<Option<Vec<T>>, F> {
        let Some(listing) = self.left.take() else { return Ok(None) };
        let Page { rows, next, end, .. } = page(&listing.part(self.part)).await?;
        self.left = next.and(end).map(|end| listing.after(end));
        Ok(Some(rows))
    }
}

/// The number of rows of the part after one of `last` rows.
fn next_part(last: u64, rows: u64, bytes: u64) -> u64 {
    let fitting = (rows * BYTES).checked_div(bytes).unwrap_or(PART);
    (last * GROWTH).min(fitting).clamp(1, PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_to_a_number_of_rows_or_of_bytes() {
        for (last, bytes_each, next) in [
            (100, 250, 400),
            (400, 250, 1000),
            (1000, 250, 1000),
            (100, 0, 400),
            (100, 2 << 10, 128),
            (128, 2 << 10, 128),
            (1000, 10 << 20, 1),
            (1, 250, 4),
        ] {
            assert_eq!(next_part(last, last, last * bytes_each), next, "{last} of {bytes_each}");
        }
        assert_eq!(next_part(100, 0, 0), 400);
    }
}
