/**
 * A machine for seccomp's classic BPF, written from linux/filter.h and the checks of the kernel's
 * seccomp_check_filter: what it does not know, or what leaves the program, is an error and no verdict.
 */
import type { Instruction } from '../../../providers/pledge';

export interface CallData {
  readonly number: number;
  readonly architecture: number;
  readonly arguments: readonly bigint[];
}

const data = (call: CallData): DataView => {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, call.number >>> 0, true);
  view.setUint32(4, call.architecture >>> 0, true);
  for (const [index, value] of call.arguments.entries())
    view.setBigUint64(16 + 8 * index, BigInt.asUintN(64, value), true);
  return view;
};

/** @param self what the launcher writes into the places of the process id */
export function runFilter(filter: readonly Instruction[], call: CallData, self: number): number {
  const view = data(call);
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 1) {
    const { code, whenTrue, whenFalse, operand, isSelf } = filter[at] as Instruction;
    const value = isSelf ? self : operand;
    if (code === 0x20) accumulator = view.getUint32(value, true);
    else if (code === 0x54) accumulator = (accumulator & value) >>> 0;
    else if (code === 0x05) at += value;
    else if (code === 0x15) at += accumulator === value ? whenTrue : whenFalse;
    else if (code === 0x35) at += accumulator >= value ? whenTrue : whenFalse;
    else if (code === 0x06) return value;
    else throw new Error(`instruction ${at} has the unknown code ${code}`);
  }
  throw new Error('the filter ended without a verdict');
}

/** What the kernel asks of a filter before it takes it. */
export function checkFilter(filter: readonly Instruction[]): void {
  if (filter.length === 0 || filter.length > 4096) throw new Error(`${filter.length} instructions`);
  filter.forEach(({ code, whenTrue, whenFalse, operand }, at) => {
    const targets = code === 0x05 ? [operand] : code === 0x15 || code === 0x35 ? [whenTrue, whenFalse] : [];
    if (targets.some((target) => at + 1 + target >= filter.length)) throw new Error(`jump out at ${at}`);
    if ([whenTrue, whenFalse].some((target) => target < 0 || target > 255))
      throw new Error(`long jump at ${at}`);
    if (code === 0x20 && (operand % 4 !== 0 || operand >= 64)) throw new Error(`load out of bounds at ${at}`);
  });
  if (filter.at(-1)?.code !== 0x06) throw new Error('the last instruction is no verdict');
}
