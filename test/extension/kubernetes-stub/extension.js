// The Kubernetes extension as far as this project uses it: the broker, three components, and a tree with one cluster.
const vscode = require('vscode');

const contributors = [];
const changed = new vscode.EventEmitter();
const pathChanged = new vscode.EventEmitter();
const contextChanged = new vscode.EventEmitter();
let kubeconfig = process.env.STUB_KUBECONFIG ?? '';

/** The rows of a cluster: as the real extension's, a namespace and a resource. */
const context = { nodeType: 'context', name: 'stub-cluster' };
const namespace = {
  nodeType: 'resource',
  name: 'shop',
  namespace: null,
  resourceKind: { manifestKind: 'Namespace', abbreviation: 'namespace' },
};
const deployment = {
  nodeType: 'resource',
  name: 'web',
  namespace: 'shop',
  resourceKind: { manifestKind: 'Deployment', abbreviation: 'deployment' },
};

const tree = {
  onDidChangeTreeData: changed.event,
  getTreeItem(node) {
    if (node.getTreeItem !== undefined) return node.getTreeItem();
    const isContext = node.nodeType === 'context';
    const state = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(node.name, isContext ? state.Expanded : state.None);
    item.contextValue = isContext ? 'vsKubernetes.cluster' : `vsKubernetes.resource.${node.resourceKind.abbreviation}`;
    return item;
  },
  async getChildren(node) {
    if (node === undefined) return [context];
    if (node.getChildren !== undefined) return node.getChildren();
    if (node !== context) return [];
    const given = contributors.filter((contributor) => contributor.contributesChildren(node));
    const rows = await Promise.all(given.map((contributor) => contributor.getChildren(node)));
    return [namespace, deployment, ...rows.flat()];
  },
};

const apis = {
  'configuration v1_1': {
    getKubeconfigPath: () => ({ pathType: 'host', hostPath: kubeconfig }),
    onDidChangeKubeconfigPath: pathChanged.event,
    onDidChangeContext: contextChanged.event,
  },
  'clusterexplorer v1': {
    registerNodeContributor: (contributor) => contributors.push(contributor),
    resolveCommandTarget: (target) => (target?.nodeType === undefined ? undefined : target),
    refresh: () => changed.fire(undefined),
  },
};

exports.activate = (extension) => {
  // As the real one does where what it depends on is absent.
  if (process.env.STUB_BREAKS === 'true') throw new Error('cannot activate');
  extension.subscriptions.push(vscode.window.registerTreeDataProvider('extension.vsKubernetesExplorer', tree));
  return {
    get(component, version) {
      const api = apis[`${component} ${version}`];
      return api === undefined ? { available: false, reason: 'version-unknown' } : { available: true, api };
    },
    /** For the tests: another kubeconfig, as when the user chooses one. */
    setKubeconfig(path) {
      kubeconfig = path;
      pathChanged.fire({ pathType: 'host', hostPath: path });
    },
  };
};
