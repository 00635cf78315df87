/** Passphrases of keys: from where the user says, else asked on the terminal, where they are not shown. */
import { NexusError } from '../model';
import { passphraseVariable, readPassphrase, unlockingOf } from '../providers/nexus';
import type { Unlocking } from '../providers/provchain';
import type { Io } from './io';
import { UsageError } from './usage-error';

/** What opens the deployer's key: the environment's ssh-agent and passphrase, else the person at the terminal. */
export function unlockingFor(io: Io): Unlocking {
  return { passphrase: (file) => ask(`Passphrase of ${file}: `, io), ...unlockingOf(io.env) };
}

/** A new passphrase, asked for twice. @param source `ask`, or where it is, as `env:NAME` */
export async function newPassphrase(source: string, io: Io): Promise<string> {
  const passphrase = source === 'ask' ? await askTwice(io) : readPassphrase(source, io.env);
  if (passphrase.length >= lengthMin) return passphrase;
  throw new UsageError(
    'short-passphrase',
    `Cannot use this passphrase: ${passphrase.length} characters, expected at least ${lengthMin}`,
    { hint: 'Several words in a row are long and can be remembered.' },
  );
}

const lengthMin = 12;

async function askTwice(io: Io): Promise<string> {
  const first = await ask('New passphrase: ', io);
  if ((await ask('Once more: ', io)) === first) return first;
  throw new UsageError('other-passphrase', 'Cannot use this passphrase: the second one was another');
}

const keys = { interrupt: 0x03, endOfText: 0x04, backspace: 0x08, enter: 0x0d, newline: 0x0a, delete: 0x7f };

function ask(question: string, io: Io): Promise<string> {
  const { input, err } = io;
  if (input.isTTY !== true) throw noTerminal();
  err.write(question);
  input.setRawMode?.(true);
  return new Promise<string>((resolve, reject) => {
    const typed: number[] = [];
    const settle = (how: () => void): void => {
      input.off('data', onData);
      input.setRawMode?.(false);
      input.pause();
      err.write('\n');
      how();
    };
    const onData = (chunk: Buffer | string): void => {
      for (const key of Buffer.from(chunk)) {
        const isEnd = key === keys.enter || key === keys.newline;
        const isBreak = key === keys.interrupt || key === keys.endOfText;
        if (isEnd) settle(() => resolve(Buffer.from(typed).toString('utf8')));
        if (isBreak) settle(() => reject(interrupted()));
        if (isEnd || isBreak) return;
        if (key === keys.backspace || key === keys.delete) removeLast(typed);
        else typed.push(key);
      }
    };
    input.on('data', onData);
    input.resume();
  });
}

/** A character of UTF-8 with all its bytes. */
function removeLast(typed: number[]): void {
  for (let byte = typed.pop(); byte !== undefined && (byte & 0xc0) === 0x80; ) byte = typed.pop();
}

function interrupted(): NexusError {
  return new NexusError('interrupted', 'Interrupted: no passphrase was given');
}

function noTerminal(): NexusError {
  return new NexusError('no-passphrase', 'Cannot ask for the passphrase: there is no terminal', {
    hint: `Set ${passphraseVariable} to where it is: env:NAME, file:PATH or fd:NUMBER.`,
  });
}
