/** Attributes in the form in which the engine renders HCL instead of JSON (`SYNTH_HCL_OUTPUT=true`). */
export function hclAttributes(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      { value, isBlock: false, type: 'any', storageClassType: '' },
    ]),
  );
}
