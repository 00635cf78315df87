import * as fc from 'fast-check';
import {
  asLink,
  cidFromDigest,
  cidOfRaw,
  codecOfCid,
  decodeDagCbor,
  digestOfCid,
  encodeDagCbor,
  isCid,
  linkTo,
  parseCid,
  sha256,
} from '../../model';

test('the CID of known bytes is the one that other programs give', () => {
  expect(cidOfRaw(Buffer.from('hello world'))).toBe(
    'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
  );
  expect(encodeDagCbor({ hello: 'world' }).cid).toBe(
    'bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae',
  );
});

test('a digest and its CID are inverse', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.constantFrom('raw', 'dag-cbor'),
      (digest, codec) => {
        const cid = cidFromDigest(codec, digest);
        expect([...digestOfCid(parseCid(cid))]).toEqual([...digest]);
        expect(codecOfCid(cid)).toBe(codec);
      },
    ),
  );
});

test('text that is no CID of ours is refused with a reason', () => {
  const good = cidOfRaw(Uint8Array.of(1));
  const bad = [
    '',
    good.slice(1),
    `${good}x`,
    good.toUpperCase(),
    good.replace(/.$/, '1'),
    'Qm'.padEnd(59, 'x'),
  ];
  for (const text of bad) {
    expect(isCid(text)).toBe(false);
    expect(() => parseCid(text)).toThrow(/^Cannot read CID ".*": .*/);
  }
});

test('a dag-cbor value comes back with its links', () => {
  const { cid } = encodeDagCbor({ a: 1 });
  const { bytes } = encodeDagCbor({ link: linkTo(cid) });
  const value = decodeDagCbor(bytes) as { readonly link: unknown };
  expect(asLink(value.link)).toBe(cid);
  expect(asLink('text')).toBeUndefined();
});

test('dag-cbor that is not canonical is refused', () => {
  const unsorted = Uint8Array.of(0xa2, 0x61, 0x62, 1, 0x61, 0x61, 2);
  const wideNumber = Uint8Array.of(0x18, 1);
  for (const bytes of [unsorted, wideNumber, Uint8Array.of(), Uint8Array.of(0xf7), sha256(Uint8Array.of())])
    expect(() => decodeDagCbor(bytes)).toThrow(expect.objectContaining({ code: 'bad-block' }));
});
