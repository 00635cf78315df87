/** Cells: sealed pieces of software, each built from a folder of C files. */
import path from 'node:path';
import { Construct } from 'constructs';
import { type CellDefinition, NexusError, type Pledge, quote, sortPledges, stackBytesLimits } from '../model';
import type { ITerraformDependable } from './_engine';
import { collectProblems, findUnknownProps } from './_validation';
import { NexusStack } from './nexus-stack';
import { mainResourceId, NexusCell } from './resources';
import { listCellSource } from './synth';

/** Props of {@link Cell}. */
export interface CellProps {
  /**
   * Folder of the cell's C files. A relative path starts at the folder where the app runs. At synth it is copied into
   * the stack's folder; files that begin with a dot stay behind.
   */
  readonly source: string;
  /** What the cell says it will use; any other call ends it. Give `[]` for a cell that only computes. */
  readonly pledges: readonly Pledge[];
  /**
   * Name of the cell, once in a stack.
   * @default the construct's id
   */
  readonly name?: string;
  /**
   * Size of the cell's stack in bytes, a multiple of 16.
   * @default 4096
   */
  readonly stackBytes?: number;
}

/**
 * A sealed piece of software with its pledges.
 *
 * ```ts
 * const hello = new Cell(stack, 'hello', { source: path.join(__dirname, 'cells/hello'), pledges: ['stdio'] });
 * ```
 */
export class Cell extends Construct implements ITerraformDependable {
  /** Name of the cell, once in a stack; also its address in Terraform. */
  readonly name: string;
  /** Folder of the C files, as an absolute path. */
  readonly source: string;
  /** The Terraform resource, for overrides. */
  readonly resource: NexusCell;
  private readonly props: CellProps;

  constructor(scope: Construct, id: string, props: CellProps) {
    super(scope, id);
    this.props = props;
    this.name = props.name ?? id;
    this.source = path.resolve(props.source);
    this.resource = new NexusCell(this, mainResourceId, {
      name: this.name,
      source: this.assetFolder,
      pledges: props.pledges,
      stackBytes: this.stackBytes,
    });
    this.resource.overrideLogicalId(this.name);
    const { cells } = NexusStack.of(this).inventory;
    cells.add(this);
    this.node.addValidation({
      validate: () => [
        ...this.findProblems(),
        ...collectProblems(
          () => cells.checkIsFirst(this),
          () => this.checkSource(),
        ),
      ],
    });
  }

  /**
   * What is wrong with the props, as texts with hints.
   * @internal
   */
  findProblems(): string[] {
    const { name, props } = this;
    const { pledges, stackBytes } = props;
    const unknown = findUnknownProps('system.kdl', { name, source: props.source, pledges, stackBytes });
    return [...unknown, ...this.resource.findProblems()];
  }

  /** Whether it has any pledge; without one it may use nothing but the processor. */
  get isPledged(): boolean {
    return this.props.pledges.length > 0;
  }

  /** CID of the built cell. */
  get variantCid(): string {
    return this.resource.variantCid;
  }

  /** For `dependsOn` of any Terraform resource. */
  get fqn(): string {
    return this.resource.fqn;
  }

  /** The cell as `system.kdl` says it. */
  get definition(): CellDefinition {
    return {
      name: this.name,
      source: this.assetFolder,
      pledges: sortPledges(this.props.pledges),
      stackBytes: this.stackBytes,
    };
  }

  /** Where the sources stand in the stack's folder. */
  private get assetFolder(): string {
    return `cells/${this.name}`;
  }

  private get stackBytes(): number {
    return this.props.stackBytes ?? stackBytesLimits.default;
  }

  private checkSource(): void {
    const files = listCellSource(this.source);
    if (files.some(({ name }) => name.endsWith('.c'))) return;
    throw new NexusError(
      'no-c-file',
      `Cannot build cell "${this.name}" from ${quote(this.source)}: ${files.length} files, none of them C, expected at least one .c file`,
      { hint: 'Put the C files of the cell into that folder, or correct `source`.' },
    );
  }
}
