import { checkAccelerator, findQemu, macAddressOfCell } from '../../../providers/deploy';
import { qemuArguments } from '../../../providers/deploy/qemu';

test('the command line is QEMU as the server of every socket, with relative paths and no secret', () => {
  const spec = {
    node: 'n1',
    slot: 'b',
    memoryMib: 16,
    accelerator: 'tcg',
    macAddress: '02:aa:bb:cc:dd:ee',
  } as const;
  expect(qemuArguments(spec).join(' ')).toBe(
    '-name nexus-n1 -pidfile qemu.pid -M virt -m 16M -smp 1 -accel tcg -nodefaults -nographic -no-reboot ' +
      '-bios default -kernel slot-b.img -initrd config.bin ' +
      '-chardev socket,id=c0,path=serial.sock,server=on,wait=on -serial chardev:c0 -global virtio-mmio.force-legacy=false ' +
      '-netdev stream,id=n0,server=on,addr.type=unix,addr.path=net.sock ' +
      '-device virtio-net-device,netdev=n0,mac=02:aa:bb:cc:dd:ee -qmp unix:qmp.sock,server=on,wait=off',
  );
});

test('a missing QEMU is one error that says how to install it', () => {
  expect(() => findQemu('/nowhere:/nothing')).toThrow(
    expect.objectContaining({
      code: 'no-qemu',
      hint: 'Install it: `apt-get install qemu-system-misc opensbi`.',
    }),
  );
});

test('an accelerator that cannot run riscv64 guests here is refused with the reason', () => {
  expect(() => checkAccelerator('tcg', 'x64')).not.toThrow();
  expect(() => checkAccelerator('kvm', 'x64')).toThrow(
    'riscv64 guests cannot use it on a host of architecture x64',
  );
  expect(() => checkAccelerator('kvm', 'riscv64')).toThrow('no probe boot has shown that it works here');
});

test('a MAC address is locally administered, unicast, and follows from the CellID', () => {
  expect(macAddressOfCell('fad4e29c152563ede3aae0feae2065f4')).toBe('02:fa:d4:e2:9c:15');
});
