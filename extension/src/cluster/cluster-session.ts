import { homedir } from 'node:os';
import {
  AppError,
  resolveType,
  typeName,
  type Clock,
  type ClusterReader,
  type Discovery,
  type Manifest,
  type ObjectRef,
  type RightsReviewer,
  type WriteDoor,
} from '@infrabackup/core';
import type { KubeContexts } from '@infrabackup/kube';
import * as vscode from 'vscode';
import { changes, settings } from '../settings.ts';
import { watchFiles } from '../watch-files.ts';
import type { KubernetesExtension } from './kubernetes-extension.ts';

/** A cluster as one context of the kubeconfig reaches it. */
export interface OpenCluster {
  readonly context: string;
  readonly reader: ClusterReader;
  readonly door: WriteDoor;
  readonly rights: RightsReviewer;
  /** What it serves, as of when it was opened. */
  readonly discovery: (signal?: AbortSignal) => Promise<Discovery>;
}

/** What of the process a session needs. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Sent with each request, for the audit log. */
  readonly userAgent: string;
}

const chosenContextKey = 'infrabackup.context';

/**
 * Which kubeconfig and context count now, and the way to their clusters.
 *
 * The kubeconfig is the setting's, else the Kubernetes extension's, else what kubectl takes. The context is the one
 * chosen here, which is remembered for the workspace and never written to the kubeconfig, else the current one.
 */
export class ClusterSession implements vscode.Disposable {
  readonly #host: Host;
  readonly #memory: vscode.Memento;
  readonly #kubernetes: KubernetesExtension;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: { dispose(): unknown }[] = [this.#changed];
  #watcher: vscode.Disposable | undefined;
  #watched = '';
  readonly #open = new Map<string, Promise<OpenCluster>>();

  /** Fires when another cluster may be meant: files, settings or the choice have changed. */
  readonly onDidChange = this.#changed.event;

  constructor(host: Host, memory: vscode.Memento, kubernetes: KubernetesExtension) {
    this.#host = host;
    this.#memory = memory;
    this.#kubernetes = kubernetes;
    this.#subscriptions.push(
      kubernetes.onDidChange(() => this.#forget()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (changes(event, 'kubeconfig')) this.#forget();
      }),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
    this.#watcher?.dispose();
  }

  /** The contexts to choose from, and the one that counts; undefined where none is set or the chosen one is gone. */
  async contexts(): Promise<KubeContexts & { readonly effective: string | undefined }> {
    const { readContexts } = await import('@infrabackup/kube');
    const found = await readContexts({ env: await this.#env() });
    this.#watch(found.files);
    const names = new Set(found.contexts.map(({ name }) => name));
    const effective = [this.#memory.get<string>(chosenContextKey), found.current].find(
      (name) => name !== undefined && names.has(name),
    );
    return { ...found, effective };
  }

  /** Makes a context count in this workspace; undefined follows the kubeconfig's current one again. */
  async choose(context: string | undefined): Promise<void> {
    await this.#memory.update(chosenContextKey, context);
    this.#forget();
  }

  /** The name of the context that counts. Throws KUBECONFIG_INVALID where there is none. */
  async contextName(): Promise<string> {
    const { effective, files } = await this.contexts();
    if (effective !== undefined) return effective;
    throw new AppError('KUBECONFIG_INVALID', 'no cluster is chosen: the kubeconfig sets no current context', {
      hint: "choose one by the command 'Infrabackup: Select Cluster Context'",
      refs: files,
    });
  }

  /** The cluster of a context; of the one that counts when none is named. Sends nothing yet. */
  async open(named?: string): Promise<OpenCluster> {
    const context = named ?? (await this.contextName());
    let opened = this.#open.get(context);
    if (opened === undefined) {
      opened = this.#connect(context);
      opened.catch(() => this.#open.delete(context));
      this.#open.set(context, opened);
    }
    return opened;
  }

  /** The live object; undefined where it, or its type, does not exist. */
  async readLive(context: string, { type, namespace, name }: ObjectRef): Promise<Manifest | undefined> {
    const { reader, discovery } = await this.open(context);
    const { types } = await discovery();
    if (!types.some((served) => typeName(served) === type)) return undefined;
    return reader.get(resolveType(type, types, 'the cluster'), namespace, name);
  }

  async #connect(context: string): Promise<OpenCluster> {
    const { connectCluster, connectRights, connectWriter, loadConnection } = await import('@infrabackup/kube');
    const { clock, random, userAgent } = this.#host;
    const connection = await loadConnection({ context, env: await this.#env(), clock, random, userAgent });
    const reader = connectCluster(connection);
    let discovered: Promise<Discovery> | undefined;
    const discovery = async (signal?: AbortSignal): Promise<Discovery> => {
      const asked = (discovered ??= reader.discover(signal));
      asked.catch(() => (discovered = undefined));
      return asked;
    };
    return { context, reader, discovery, door: connectWriter(connection), rights: connectRights(connection) };
  }

  /** The environment in which kubectl would find the kubeconfig that counts. */
  async #env(): Promise<Host['env']> {
    const kubeconfig = settings.kubeconfig() ?? (await this.#kubernetes.kubeconfig());
    if (kubeconfig === undefined) return this.#host.env;
    return { ...this.#host.env, KUBECONFIG: kubeconfig.replace(/^~(?=[/\\])/, homedir()) };
  }

  #watch(files: readonly string[]): void {
    if (this.#watched === files.join('\n')) return;
    this.#watched = files.join('\n');
    this.#watcher?.dispose();
    this.#watcher = watchFiles(files, () => this.#forget());
  }

  #forget(): void {
    this.#open.clear();
    this.#changed.fire();
  }
}
