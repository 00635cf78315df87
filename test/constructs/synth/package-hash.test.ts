import { hashPackage } from '../../../constructs/synth';

const file = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });

test('the hash is the one that `terraform providers lock` computes of the same folder', () => {
  const files = [
    file('terraform-provider-nexus_v0.1.0', '#!/bin/sh\nexit 1\n'),
    file('package.json', '{ "type": "commonjs" }\n'),
    file('kernel/a.c', 'x\n'),
  ];
  expect(hashPackage(files)).toBe('h1:R1vrCnTdUKSa2dImhxt790I9jpmcvmCekDp66xq59/0=');
});

test('the order of the files means nothing, their names and contents do', () => {
  const files = [file('b', '1'), file('a', '2'), file('a/c', '3')];
  expect(hashPackage(files.toReversed())).toBe(hashPackage(files));
  expect(hashPackage([file('b', '2'), file('a', '1'), file('a/c', '3')])).not.toBe(hashPackage(files));
});

test('names are sorted by their bytes in UTF-8, not by UTF-16 units', () => {
  const [high, private_] = [file('\u{10000}', ''), file('\u{ff00}', '')];
  expect(hashPackage([high, private_])).toBe('h1:tPN90A3fgXc5eFIrY9RHTlYOCfVGVXL6kJRgZq4iTMU=');
});
