import { expect, it } from 'vitest';
import { codeOf } from './rdata/every-form.js';
import { rdataTypes } from './rdata-types.js';
import { className, findClassCode, RRClass, RRType, typeCode, typeName } from './type-codes.js';

it('every code has one name, and the name gives the code', () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    if (typeCode(typeName(code)) !== code || findClassCode(className(code)) !== code)
      expect(code).toBe('named both ways');
  }
});

it('types without a mnemonic are numbered (RFC 3597 §5), and mnemonics have numbers too', () => {
  expect(typeName(65280)).toBe('TYPE65280');
  expect(typeName(0)).toBe('TYPE0');
  expect([typeCode('TYPE35'), typeCode('naptr'), typeCode('type00035')]).toEqual([35, 35, 35]);
  expect(className(RRClass.NONE)).toBe('NONE');
  expect(className(254 + 256)).toBe('CLASS510');
});

it.each(['', 'NOSUCH', 'TYPE', 'TYPE65536', 'TYPE-1', 'TYPE1.5', 'UNKNOWN_53', '53', 'constructor', '__proto__'])(
  '%j is no type',
  (name) => expect(codeOf(() => typeCode(name))).toBe('TYPE_UNKNOWN'),
);

it('codecs are registered under the code and the mnemonic of the registry', () => {
  for (const [code, type] of rdataTypes) {
    expect([type.code, type.name]).toEqual([code, typeName(code)]);
    expect(RRType[type.name as keyof typeof RRType]).toBe(code);
  }
});
