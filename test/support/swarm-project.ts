/**
 * A swarm in plain Terraform, as synth writes it, in a temporary folder: for tests of the provider that want to change
 * one thing at a time. The provider runs in the test's process and starts real machines.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { providerAddress } from '../../model';
import { listNodes, removeNode } from '../../providers/deploy';
import { definePlugin, type Environment, machineEnvironment } from '../../providers/nexus';
import { Terraform } from './terraform';

const root = join(__dirname, '../..');

export interface SwarmFiles {
  /** What the cell prints; another text is another image. @default 'one' */
  readonly greeting?: string;
  /** Names of the nodes. @default ['n-0', 'n-1'] */
  readonly nodes?: readonly string[];
  readonly pledges?: readonly string[];
  /** Statements of the cell before its loop. */
  readonly code?: string;
  readonly heartbeatIntervalMs?: number;
  /** Text of the system instead of the right one. */
  readonly system?: string;
  /** Path of the cell's sources. @default relative to this process, in which the provider runs */
  readonly source?: string;
}

/** The built provider: the host daemon is started from it. */
const hostdEntry = join(root, 'dist/provider/terraform-provider-nexus.js');

/** A new one each time: an environment remembers the compiler that it has found. */
export function newEnvironment(): Environment {
  return machineEnvironment({ kernelFolder: join(root, 'kernel'), hostdEntry });
}

/** Terraform with the provider in this process, and no configuration yet. */
export async function attachProvider(environment: Environment = newEnvironment()): Promise<Terraform> {
  if (!existsSync(hostdEntry)) throw new Error('The provider is not built: run `npm run build` first');
  return Terraform.attached(definePlugin(environment));
}

export async function attachSwarm(files: SwarmFiles = {}, environment?: Environment): Promise<Terraform> {
  const terraform = await attachProvider(environment);
  writeSwarm(terraform, files);
  return terraform;
}

/** Writes the whole project; later calls change it. */
export function writeSwarm(terraform: Terraform, files: SwarmFiles = {}): void {
  const { nodes = ['n-0', 'n-1'], pledges = ['stdio', 'clock', 'mesh'] } = files;
  terraform.write({
    'main.tf': mainText(terraform.folder, nodes, pledges, files.source),
    'system-n.kdl': files.system ?? systemText(pledges),
    'mesh-alpha.kdl': meshText(files.heartbeatIntervalMs ?? 1000),
    'cells/hello/main.c': cellText(files.greeting ?? 'one', files.code ?? ''),
  });
}

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

/** The provider works in the test's process, whose working folder the source is relative to. */
function mainText(
  folder: string,
  nodes: readonly string[],
  pledges: readonly string[],
  source = relative(process.cwd(), join(folder, 'cells/hello')),
): string {
  const placement = nodes.map((node) => `    "${node}" = { host = "local", image = "n", mesh = "alpha" }`);
  return `
terraform {
  required_providers {
    nexus = { source = "${providerAddress}" }
  }
}
provider "nexus" {
  state_dir = "${join(folder, '.nexus')}"
}
variable "release" {
  type    = string
  default = ""
}
resource "nexus_cell" "hello" {
  name    = "hello"
  source  = "${source}"
  pledges = [${quoted(pledges)}]
}
resource "nexus_image" "n" {
  name   = "n"
  system = file("system-n.kdl")
  cells  = { hello = nexus_cell.hello.variant_cid }
}
resource "nexus_mesh" "alpha" {
  name       = "alpha"
  definition = file("mesh-alpha.kdl")
  nodes      = [${quoted(nodes)}]
}
resource "nexus_release" "r" {
  name    = "swarm"
  systems = { n = file("system-n.kdl") }
  images  = { n = nexus_image.n.image_cid }
  meshes  = { alpha = file("mesh-alpha.kdl") }
  placement = {
${placement.join('\n')}
  }
}
output "release" {
  value = nexus_release.r.cid
}
${nodes.map(deploymentText).join('\n')}`;
}

function deploymentText(node: string): string {
  return `
resource "nexus_deployment" "${node}" {
  node    = "${node}"
  release = var.release == "" ? nexus_release.r.cid : var.release
  mesh    = nexus_mesh.alpha.name
  peers   = nexus_mesh.alpha.public_keys
  host    = { name = "local", memory_mib = 16, accelerator = "tcg" }
}`;
}

function systemText(pledges: readonly string[]): string {
  return `system "n" version=1 {
    profile "tinybox"
    cell "hello" {
        source "cells/hello"
        pledge ${pledges.map((name) => JSON.stringify(name)).join(' ')}
        stack-bytes 4096
    }
}
`;
}

function meshText(heartbeatIntervalMs: number): string {
  return `mesh "alpha" version=1 {
    member "hello"
    hello-interval-ms 200
    heartbeat-interval-ms ${heartbeatIntervalMs}
}
`;
}

function cellText(greeting: string, code: string): string {
  return `#include <nexus/cell.h>
int main(void) {
  nexus_print("greeting ${greeting}\\n");
  ${code}
  for (;;) nexus_sleep_micros(1000000u);
}
`;
}

/** Destroys the swarm. Nodes that Terraform was made to forget are removed too: no test leaves a machine behind. */
export async function endSwarm(terraform: Terraform): Promise<void> {
  await terraform.run(['destroy', '-auto-approve', '-no-color', '-input=false']);
  const stateDir = join(terraform.folder, '.nexus');
  for (const node of await listNodes(stateDir)) await removeNode(stateDir, node, { identity: 'remove' });
  await terraform.end();
}

/** Process id of a node's machine. */
export function pidOf(terraform: Terraform, node: string): number {
  return Number(
    readFileSync(join(terraform.folder, '.nexus/nodes', node, 'qemu.pid'), 'utf8')
      .trim()
      .split(/\s/)[0],
  );
}

/** All secrets of the state folder, in every spelling that could show up elsewhere. */
export function secretsOf(terraform: Terraform, nodes: readonly string[]): string[] {
  const read = (file: string): string => readFileSync(join(terraform.folder, '.nexus', file), 'utf8').trim();
  const hex = [...nodes.map((node) => read(`nodes/${node}/node.key`)), read('meshes/alpha.key')];
  const pem = ['keys/log.key', 'keys/deployer.key'].map((file) => read(file).split('\n')[1] ?? '');
  return [...hex, ...hex.map((text) => Buffer.from(text, 'hex').toString('base64')), ...pem];
}
