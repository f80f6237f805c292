use http::{HeaderMap, HeaderValue, header};

/// A content coding that the gateway knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// `gzip`.
    Gzip,
    /// `deflate`: the zlib format.
    Deflate,
}

impl Coding {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            Some(Self::Gzip)
        } else {
            name.eq_ignore_ascii_case("deflate").then_some(Self::Deflate)
        }
    }

    pub(crate) fn to_header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        })
    }

    /// The coding for the answer, by `Accept-Encoding`: the one that the client likes best, if the gateway knows it. Of
    /// equals, the first counts. Without the header there is none.
    pub(crate) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut named = Vec::new();
        let mut best: Option<(&str, u16)> = None;
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        for (name, weight) in values.flat_map(|value| value.split(',')).filter_map(weighted) {
            named.extend(Self::from_name(name));
            if weight > best.map_or(0, |(_, best)| best) {
                best = Some((name, weight));
            }
        }
        match best?.0 {
            // Whatever is not named.
            "*" => [Self::Gzip, Self::Deflate].into_iter().find(|coding| !named.contains(coding)),
            name => Self::from_name(name),
        }
    }
}

/// A name and its weight in thousandths; `None` for what is neither.
fn weighted(element: &str) -> Option<(&str, u16)> {
    let mut parts = element.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => {
            let (key, value) = parameter.split_once('=')?;
            let value: f32 = value.trim().parse().ok().filter(|value| (0.0..=1.0).contains(value))?;
            if !key.trim().eq_ignore_ascii_case("q") {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
            let weight = (value * 1000.0).round() as u16;
            weight
        }
    };
    Some((name, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coding_that_is_liked_best_counts() {
        for (accepted, coding) in [
            (None, None),
            (Some(""), None),
            (Some("deflate,gzip"), Some(Coding::Deflate)),
            (Some("gzip, deflate, br"), Some(Coding::Gzip)),
            (Some("br, gzip"), None),
            (Some("br;q=0.5, GZIP"), Some(Coding::Gzip)),
            (Some("*"), Some(Coding::Gzip)),
            (Some("gzip;q=0, *"), Some(Coding::Deflate)),
            (Some("gzip;q=0"), None),
            (Some("*;q=0"), None),
            (Some("deflate;q=0.5,gzip;q=1.0"), Some(Coding::Gzip)),
            (Some("gzip;q=1.0,identity;q=0.5,*;q=0"), Some(Coding::Gzip)),
            (Some("identity, gzip;q=0.5"), None),
            (Some("gzip;q=2, deflate;q=x"), None),
            (Some("x-gzip ; q=0.001"), Some(Coding::Gzip)),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            }
            assert_eq!(Coding::accepted(&headers), coding, "{accepted:?}");
        }
    }
}
