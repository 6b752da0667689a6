use super::*;

fn read(bytes: &[u8]) -> Result<Element<'_>, Error> {
    Reader::new(bytes).element()
}

#[test]
fn indefinite_lengths_end_where_their_own_end_stands() {
    let nested = [0x30, 0x80, 0x30, 0x80, 0x04, 0x02, 0, 0, 0, 0, 0x05, 0, 0, 0, 0xff];
    let outer = read(&nested).unwrap();
    assert_eq!((outer.whole, outer.content), (&nested[..14], &nested[2..12]));
    let mut fields = outer.reader();
    let inner = fields.element().unwrap();
    assert_eq!((inner.content, inner.bytes()), (&nested[4..8], 2..10));
    assert_eq!(fields.element().unwrap().bytes(), 10..12);
    assert!(fields.is_empty());
}

#[test]
fn octet_strings_in_pieces_are_put_together() {
    let pieces = [0x24, 0x80, 0x04, 1, b'a', 0x24, 4, 0x04, 2, b'b', b'c', 0x04, 0, 0, 0];
    let (octets, spot) = read(&pieces).unwrap().octets().unwrap();
    assert_eq!((&*octets, spot), (&b"abc"[..], Spot::Within(0, 15)));
    let (octets, spot) = read(&[0x04, 1, b'a']).unwrap().octets().unwrap();
    assert_eq!((&*octets, spot), (&b"a"[..], Spot::At(2)));
}

#[test]
fn what_has_no_end_or_no_bottom_is_refused() {
    let endless = [&[0x30, 0x80, 0x05][..], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x05, 1, 2], &[0x30], &[]];
    for bytes in endless.into_iter().chain([&[0x04, 0x80, 0, 0][..], &[0x1f, 0x1f, 0]]) {
        assert!(matches!(read(bytes), Err(Error::Malformed { .. })), "{bytes:?}");
    }
    let deep = [0x30, 0x80].repeat(1_000_000);
    assert!(matches!(read(&deep), Err(Error::Limit { limit: 50, .. })));
}

#[test]
fn the_beginning_of_an_element_is_looked_at_as_far_as_it_goes() {
    for head in [&[0x30, 0x80, 2, 1, 3][..], &[0x30, 0x82, 0xff, 0xff, 2, 1, 3], &[0x30, 3, 2, 1, 3, 9]] {
        assert_eq!(open(head), Some((tag::SEQUENCE, &[2, 1, 3][..])), "{head:?}");
    }
    assert_eq!((open(&[0x30]), begun_sequence(&[0x31, 0])), (None, None));
}

#[test]
fn numbers_and_lengths_are_written_as_they_are_read() {
    for number in [0, 1, 127, 128, 255, 256, 10_000, u64::MAX] {
        let written = der_number(number);
        assert_eq!(read(&written).unwrap().number("", u64::MAX).unwrap(), number);
    }
    assert_eq!(der_number(128), [2, 2, 0, 128]);
    for length in [0, 127, 128, 255, 256, 70_000] {
        let content = vec![7; length];
        assert_eq!(read(&der(tag::OCTET_STRING, &[&content])).unwrap().content, content);
    }
}

#[test]
fn object_identifiers_are_written_with_dots() {
    assert_eq!(dotted(&oid!(raw 1.2.840.113549.1.1.11)), "1.2.840.113549.1.1.11");
    assert_eq!(dotted(&[0x55, 0x04, 0x03]), "2.5.4.3");
    assert_eq!(dotted(&[0x88, 0x37, 0x03]), "2.999.3");
}
