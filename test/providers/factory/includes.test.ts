import { parseMakeRules } from '../../../providers/factory/includes';

test('the rules of all sources give their files, continued lines and written-out characters included', () => {
  const text = 'main.o: main.c own.h \\\n  /usr/lib/clang/stdint.h\nmore.o: more.c a\\ b.h a$$b.h\n';
  expect(parseMakeRules(text)).toEqual([
    'main.c',
    'own.h',
    '/usr/lib/clang/stdint.h',
    'more.c',
    'a b.h',
    'a$b.h',
  ]);
});

test('what is no rule gives nothing', () => {
  expect(parseMakeRules('')).toEqual([]);
  expect(parseMakeRules('clang: error: no input files\n')).toEqual([]);
});
