//! What a certificate says, in AWS's words.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use gateway_core::{ClientCertificate, ClientCertificateFields};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use x509_parser::{
    certificate::X509Certificate,
    objects::{oid_registry, oid2abbrev},
    x509::{AttributeTypeAndValue, X509Name},
};

/// `May 28 12:30:02 2019 GMT`; a day of one digit has a space before it.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[month repr:short] [day padding:space] [hour]:[minute]:[second] [year] GMT");

/// How many characters a line of PEM has.
const LINE: usize = 64;

/// Reads what a certificate says.
pub(super) fn fields(der: &[u8], certificate: &X509Certificate<'_>) -> ClientCertificate {
    let validity = certificate.validity();
    ClientCertificate::new(ClientCertificateFields {
        pem: pem(der),
        subject_dn: name(certificate.subject()),
        issuer_dn: name(certificate.issuer()),
        serial_number: serial_number(certificate.raw_serial()),
        not_before: time(validity.not_before.to_datetime()),
        not_after: time(validity.not_after.to_datetime()),
    })
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        pem.extend([line, "\n"]);
        rest = after;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// A number of one byte stands alone; more of them have colons between.
fn serial_number(mut bytes: &[u8]) -> String {
    // The sign's byte is no part of the number.
    while let [0, rest @ ..] = bytes
        && !rest.is_empty()
    {
        bytes = rest;
    }
    match bytes {
        [one] => format!("{one:x}"),
        many => many.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"),
    }
}

fn time(time: OffsetDateTime) -> String {
    // The format has no part that a date could lack.
    time.format(TIME).unwrap_or_default()
}

/// `C=US,O=Example,CN=client`: in the order of the certificate.
fn name(name: &X509Name<'_>) -> String {
    let parts = name.iter().map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+"));
    parts.collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let kind = attribute.attr_type();
    let mut text = match oid2abbrev(kind, oid_registry()) {
        Ok(short) => short.to_owned(),
        Err(_) => kind.to_id_string(),
    };
    text.push('=');
    match attribute.as_str() {
        Ok(value) => escape(&mut text, value),
        Err(_) => {
            text.push('#');
            for byte in attribute.as_slice() {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
            }
        }
    }
    text
}

/// What could pass for a part of the name itself has a backslash before it (RFC 4514 §2.4).
fn escape(text: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => text.extend(['\\', letter]),
            // No certificate may forge a line of a log.
            letter if letter.is_control() => {
                let _ = write!(text, "\\{:02x}", u32::from(letter));
            }
            letter => text.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_colons() {
        for (bytes, text) in [
            (&[1][..], "1"),
            (&[0xa1], "a1"),
            (&[0, 0xa1], "a1"),
            (&[0xa1, 2, 0], "a1:02:00"),
            (&[0], "0"),
            (&[0, 0], "0"),
        ] {
            assert_eq!(serial_number(bytes), text, "{bytes:?}");
        }
    }

    #[test]
    fn days_are_padded_with_a_space() {
        let at = |seconds| time(OffsetDateTime::from_unix_timestamp(seconds).unwrap());
        assert_eq!(at(1_559_046_602), "May 28 12:30:02 2019 GMT");
        assert_eq!(at(1_628_156_164), "Aug  5 09:36:04 2021 GMT");
    }

    #[test]
    fn nothing_in_a_value_passes_for_another_part() {
        let mut text = String::new();
        escape(&mut text, "a,CN=b+\\\n");
        assert_eq!(text, "a\\,CN\\=b\\+\\\\\\0a");
    }
}
