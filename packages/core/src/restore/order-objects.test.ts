import { describe, expect, it } from 'vitest';
import { refKey, type ObjectRef } from '../object/ref.ts';
import { orderObjects, type Place } from './order-objects.ts';

const inShop = (type: string, name: string): ObjectRef => ({ type, namespace: 'shop', name });
const clusterScoped = (type: string, name: string): ObjectRef => ({ type, name });
const namespace = clusterScoped('namespaces', 'shop');
const definition = (type: string): ObjectRef => clusterScoped('customresourcedefinitions.apiextensions.k8s.io', type);
const at = (ref: ObjectRef, ...owners: ObjectRef[]) => ({ ref, owners });
const isBefore = (a: Place, b: Place): boolean => a.tier < b.tier || (a.tier === b.tier && a.depth < b.depth);
/** The names in the order of writing; of one place, in the order given. */
const written = (...objects: ReturnType<typeof at>[]): string[] => {
  const { places } = orderObjects(objects);
  const indexes = [...objects.keys()].sort((a, b) =>
    isBefore(places[a]!, places[b]!) ? -1 : isBefore(places[b]!, places[a]!) ? 1 : a - b,
  );
  return indexes.map((index) => objects[index]!.ref.name);
};

describe('orderObjects', () => {
  it('puts a Secret after the custom resource that owns it, and others where Secrets go', () => {
    const certificate = inShop('certificates.cert-manager.io', 'certificate');
    const order = written(
      at(inShop('secrets', 'its-secret'), certificate),
      at(inShop('deployments.apps', 'deployment')),
      at(certificate),
      at(inShop('secrets', 'free')),
    );
    expect(order).toEqual(['free', 'deployment', 'certificate', 'its-secret']);
  });

  it('puts chains of owners in order, whatever order they are given in', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => inShop('configmaps', name));
    expect(written(at(c!, b!), at(a!), at(d!, c!), at(b!, a!))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('writes the owner of a namespace before it, after the definition, and all that is in it later', () => {
    const tenants = 'tenants.example.com';
    const tenant = clusterScoped(tenants, 'tenant');
    const order = written(
      at(inShop('configmaps', 'config')),
      at(inShop('deployments.apps', 'deployment')),
      at(namespace, tenant),
      at(tenant),
      at(definition(tenants)),
      at(clusterScoped('namespaces', 'other')),
    );
    expect(order).toEqual(['other', tenants, 'tenant', 'shop', 'config', 'deployment']);
  });

  it('writes a definition that a custom resource owns before its own resources', () => {
    const composite = clusterScoped('compositions.example.com', 'composite');
    const order = written(
      at(inShop('databases.example.com', 'database')),
      at(definition('databases.example.com'), composite),
      at(composite),
      at(definition('compositions.example.com')),
    );
    expect(order).toEqual(['compositions.example.com', 'composite', 'databases.example.com', 'database']);
  });

  it('names one reference of a loop, and orders the rest once it is left out', () => {
    const [a, b] = [inShop('configmaps', 'a'), inShop('configmaps', 'b')];
    const { loops } = orderObjects([at(a, b), at(b, a)]);
    expect(loops).toEqual([[b, a]]);
    expect(written(at(a, b), at(b))).toEqual(['b', 'a']);
  });

  it('in a loop through a definition leaves out the owner, not the definition', () => {
    const type = 'things.example.com';
    const thing = clusterScoped(type, 'thing');
    for (const objects of [
      [at(definition(type), thing), at(thing)],
      [at(thing), at(definition(type), thing)],
    ]) {
      const { loops } = orderObjects(objects);
      expect(loops.map((loop) => loop.map(refKey))).toEqual([[definition(type), thing].map(refKey)]);
    }
  });

  it('waits for nothing that the plan does not write', () => {
    const { places } = orderObjects([at(inShop('configmaps', 'a'), inShop('deployments.apps', 'live'))]);
    expect(places[0]!.depth).toBe(0);
  });
});
