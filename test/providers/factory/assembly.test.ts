import { findReadingDirective, inlineAssembly } from '../../../providers/factory/assembly';

test.each([
  ['.incbin "/etc/passwd"', '.incbin'],
  ['nop; .INCBIN "a"', '.INCBIN'],
  ['label:.include "a"', '.include'],
  ['\n\t.macro read a\n\t.\\a\\()bin "b"\n.endm', '.macro'],
  ['.irp part, inc\n', '.irp'],
])('%j is found', (text, directive) => {
  expect(findReadingDirective(text)).toBe(directive);
});

test.each(['f.include:', 'lui a1, %hi(f.incbin)', '.incbinary', 'nop'])('%j reads nothing', (text) => {
  expect(findReadingDirective(text)).toBeUndefined();
});

test('of a compiled file the assembly is looked at, with its bytes written out, and no other text', () => {
  const text = [
    '@text = constant [9 x i8] c".incbin\\00"',
    'module asm "first"',
    '  call void asm sideeffect "nop\\0A.incbin \\22/etc/passwd\\22", ""()',
  ].join('\n');
  expect(inlineAssembly(text)).toBe(
    'module asm "first"\n  call void asm sideeffect "nop\n.incbin "/etc/passwd"", ""()',
  );
  expect(findReadingDirective(inlineAssembly(text))).toBe('.incbin');
});
