// Jest loads CommonJS; a few packages offer only an `import` entry. Those are resolved by it and then transformed.
module.exports = (request, options) => {
  try {
    return options.defaultResolver(request, options);
  } catch (error) {
    if (request.startsWith('.')) throw error;
    const conditions = ['node', 'import', 'default'];
    return options.defaultResolver(request, { ...options, conditions });
  }
};
