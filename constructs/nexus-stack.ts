/**
 * The stack: cells, meshes and swarms with one provider, one state folder and one release. Its folder
 * (`cdktf.out/stacks/NAME`) is whole by itself: Terraform JSON, KDL, the cells' sources, provider and lock file.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Construct } from 'constructs';
import { formatMesh, formatSystem, NexusError, refusePassword, type StackPreview } from '../model';
import { addConstructDependencies } from './_dependencies';
import { App, Aspects, LocalBackend, Manifest, TerraformBackend, TerraformStack, Testing } from './_engine';
import { NamedConstructs } from './_inventory';
import { StackSynthesizer } from './_stack-synthesizer';
import { collectProblems, isKnownLater } from './_validation';
import type { Cell } from './cell';
import type { Fleet } from './fleet';
import { Release } from './release';
import { NexusProvider } from './resources';
import { StackRelease } from './stack-release';
import type { Swarm } from './swarm';
import { findProviderPackage, terraformPlatform } from './synth';
import type { UtcpMesh } from './utcp-mesh';

/** Props of {@link NexusStack}. */
export interface NexusStackProps {
  /**
   * Folder of the block store, the ledger, the keys and the nodes. It holds secret keys: never commit it. A value that
   * Terraform knows only later is a path from the stack's folder.
   * @default '.nexus' in the folder where the app runs
   */
  readonly stateDir?: string;
  /**
   * Where the ledger is when it is shared: a folder, `postgres://user@host/database`, or the `https://` address of
   * `nexus ledger serve`. Never with a password in it.
   * @default - what `NEXUS_LEDGER` says where Terraform runs, else the folder `ledger` of the state folder
   */
  readonly ledger?: string;
  /**
   * An older release to roll all nodes back to, or its CID. `--var release=CID` does the same for one deploy.
   * @default - the release that the code describes
   */
  readonly release?: Release | string;
  /**
   * Folder of the built Terraform provider.
   * @default - the one in this package
   */
  readonly providerPackage?: string;
}

/** A database or a server, not a folder. */
const isAddress = (place: string): boolean => /^(?:[a-z]+:\/\/|unix:)/.test(place);

const stackMark = Symbol.for('nexus-factory/NexusStack');

/**
 * A stack with the Nexus provider. A plain `cdktf deploy` of it works offline.
 *
 * ```ts
 * const app = new App();
 * const stack = new NexusStack(app, 'swarm');
 * app.synth();
 * ```
 */
export class NexusStack extends TerraformStack {
  /** The stack that a construct is in. @throws NexusError `no-nexus-stack` */
  static override of(construct: Construct): NexusStack {
    const stack = TerraformStack.of(construct);
    if (NexusStack.isNexusStack(stack)) return stack;
    throw new NexusError(
      'no-nexus-stack',
      `Cannot use stack "${stack.node.id}": it is no NexusStack, expected one around every Nexus construct`,
      { hint: 'Make the stack with `new NexusStack(…)`.', place: { construct: construct.node.path } },
    );
  }

  /** Whether a value is a stack of this class, of whatever copy of this package. */
  static isNexusStack(value: unknown): value is NexusStack {
    return typeof value === 'object' && value !== null && stackMark in value;
  }

  /** The provider, for overrides. */
  readonly provider: NexusProvider;
  /** @internal */
  readonly inventory = {
    cells: new NamedConstructs<Cell>('cell'),
    meshes: new NamedConstructs<UtcpMesh>('mesh'),
    swarms: new NamedConstructs<Swarm>('swarm'),
    fleets: new NamedConstructs<Fleet>('fleet'),
  };
  private readonly props: NexusStackProps;
  private ownRelease: StackRelease | undefined;

  constructor(scope: Construct, id: string, props: NexusStackProps = {}) {
    super(scope, id);
    Object.defineProperty(this, stackMark, { value: true });
    this.props = props;
    this.provider = new NexusProvider(this, 'nexus-provider', {
      stateDir: this.relativeToFolder(props.stateDir ?? '.nexus'),
      ...(props.ledger !== undefined && {
        ledger: isAddress(props.ledger) ? props.ledger : this.relativeToFolder(props.ledger),
      }),
    });
    this.synthesizer = new StackSynthesizer(this, this.synthesizer);
    Aspects.of(this).add({ visit: addConstructDependencies });
    this.node.addValidation({ validate: () => this.findProblems() });
  }

  /** The release of all swarms of this stack; undefined while it has no swarm. */
  get release(): StackRelease | undefined {
    return this.ownRelease;
  }

  /** The folder of the built provider. @throws NexusError `missing-provider` */
  get providerPackage(): string {
    return this.props.providerPackage ?? findProviderPackage();
  }

  /**
   * The release of the stack; the first swarm declares it.
   * @internal
   */
  requireRelease(): StackRelease {
    const { release } = this.props;
    this.ownRelease ??= new StackRelease(this, 'nexus-release', {
      release: typeof release === 'string' ? Release.fromLedger(release) : release,
    });
    return this.ownRelease;
  }

  /**
   * Text of each KDL file of the stack's folder, by its name.
   * @internal
   */
  kdlFiles(): ReadonlyMap<string, string> {
    const { swarms, meshes } = this.inventory;
    return new Map([
      ...swarms.all().map((swarm) => [swarm.fileName, formatSystem(swarm.definition)] as const),
      ...meshes.all().map((mesh) => [mesh.fileName, formatMesh(mesh.definition)] as const),
    ]);
  }

  /**
   * What a synth would write, in memory: all problems are thrown, no file is written, and Terraform is not started. The
   * matchers of `nexus-factory/testing` look at this.
   */
  preview(): StackPreview {
    const terraform = JSON.parse(Testing.synth(this, true)) as StackPreview['terraform'];
    return { terraform, kdl: Object.fromEntries(this.kdlFiles()) };
  }

  /** The engine's own default, but relative: so that the stack's folder has the same bytes on every machine. */
  override ensureBackendExists(): TerraformBackend {
    const backends = this.node.findAll().filter((child) => TerraformBackend.isBackend(child));
    const own = backends.find((backend) => TerraformStack.of(backend) === this);
    if (own !== undefined) return own;
    return new LocalBackend(this, { path: this.relativeToFolder(`terraform.${this.node.id}.tfstate`) });
  }

  /** A path, absolute or from the folder where the app runs, as Terraform has to say it in the stack's folder. */
  private relativeToFolder(file: string): string {
    if (isKnownLater(file)) return file;
    const folder = path.resolve(App.of(this).outdir, Manifest.stacksFolder, this.node.id);
    return path.relative(folder, path.resolve(file)).split(path.sep).join('/');
  }

  private findProblems(): string[] {
    return collectProblems(
      () => terraformPlatform(),
      () => this.checkProviderPackage(),
      () => refusePassword(this.props.ledger ?? ''),
    );
  }

  private checkProviderPackage(): void {
    if (existsSync(this.providerPackage)) return;
    throw new NexusError(
      'missing-provider',
      `Cannot find the Terraform provider in "${this.providerPackage}": no such folder`,
      { hint: 'Correct `providerPackage`, or leave it out.' },
    );
  }
}
