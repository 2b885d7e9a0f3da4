// Elements of the page by their id, typed.

/** The element, which must be there and of this class: index.html and the scripts belong together. */
export function byId<Type extends HTMLElement>(id: string, type: abstract new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html: expected a ${type.name} with the id "${id}"`);
  return element;
}
