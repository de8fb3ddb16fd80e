import * as vscode from 'vscode';

/**
 * What is used of the Kubernetes extension's API, by shape.
 *
 * Taken by hand: its npm package asks for every API at once when imported, which would activate the extension.
 *
 * Source: https://github.com/vscode-kubernetes-tools/vscode-kubernetes-tools-api
 */
interface ApiBroker {
  get(component: string, version: string): ApiAnswer;
}
type ApiAnswer = { readonly available: true; readonly api: unknown } | { readonly available: false };

/** Component `configuration`, version `v1_1`. */
interface ConfigurationApi {
  getKubeconfigPath(): KubeconfigPath;
  readonly onDidChangeKubeconfigPath: vscode.Event<KubeconfigPath>;
  readonly onDidChangeContext: vscode.Event<unknown>;
}
type KubeconfigPath =
  { readonly pathType: 'host'; readonly hostPath: string } | { readonly pathType: 'wsl'; readonly wslPath: string };

/** Component `clusterexplorer`, version `v1`. */
export interface ClusterExplorerApi {
  registerNodeContributor(contributor: NodeContributor): void;
  resolveCommandTarget(target?: unknown): ClusterExplorerNode | undefined;
  refresh(): void;
}

/** A node of the Kubernetes extension's cluster tree. */
export interface ClusterExplorerNode {
  readonly nodeType: string;
  readonly name?: string;
  readonly namespace?: string | null;
  readonly resourceKind?: { readonly manifestKind: string; readonly abbreviation: string };
}

/** Adds rows to that tree. */
export interface NodeContributor {
  contributesChildren(parent: ClusterExplorerNode | undefined): boolean;
  getChildren(parent: ClusterExplorerNode | undefined): Promise<readonly ContributedNode[]>;
}

/** A row that is added. */
export interface ContributedNode {
  getChildren(): Promise<readonly ContributedNode[]>;
  getTreeItem(): vscode.TreeItem;
}

const extensionId = 'ms-kubernetes-tools.vscode-kubernetes-tools';
/** It may depend on extensions that are absent, or wait for the network: nobody waits for it longer. */
const activationLimitMs = 5_000;

/** The Kubernetes extension, where it is installed; everything works without it. */
export class KubernetesExtension implements vscode.Disposable {
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: { dispose(): unknown }[] = [this.#changed];
  #broker: Promise<ApiBroker | undefined> | undefined;
  #follows = false;

  /** Fires when its kubeconfig or context is another. */
  readonly onDidChange = this.#changed.event;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  /** Its kubeconfig, which may be a list as KUBECONFIG has it; undefined where it is not installed or does not say. */
  async kubeconfig(): Promise<string | undefined> {
    const api = (await this.#api('configuration', 'v1_1')) as ConfigurationApi | undefined;
    if (api === undefined) return undefined;
    if (!this.#follows) {
      this.#follows = true;
      const fire = (): void => this.#changed.fire();
      this.#subscriptions.push(api.onDidChangeKubeconfigPath(fire), api.onDidChangeContext(fire));
    }
    const path = api.getKubeconfigPath();
    return path.pathType === 'host' && path.hostPath !== '' ? path.hostPath : undefined;
  }

  /** Its cluster tree; undefined where it is not installed. */
  async clusterExplorer(): Promise<ClusterExplorerApi | undefined> {
    return (await this.#api('clusterexplorer', 'v1')) as ClusterExplorerApi | undefined;
  }

  async #api(component: string, version: string): Promise<unknown> {
    this.#broker ??= this.#activate();
    const answer = (await this.#broker)?.get(component, version);
    return answer?.available === true ? answer.api : undefined;
  }

  async #activate(): Promise<ApiBroker | undefined> {
    const extension = vscode.extensions.getExtension<ApiBroker>(extensionId);
    if (extension === undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), activationLimitMs);
    });
    try {
      const broker = await Promise.race([extension.activate(), tooLate]);
      if (broker === undefined) this.#log.warn('The Kubernetes extension did not start in time; going on without it.');
      return broker;
    } catch (error) {
      this.#log.warn(`The Kubernetes extension did not start; going on without it: ${String(error)}`);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
