'use strict';
// The syntax is old, since Nodes far too old for everything else must run this.
const wanted = parseInt(require('../package.json').engines.node.replace('>=', ''), 10);
if (parseInt(process.versions.node, 10) < wanted) {
  console.error(
    `Fairseat needs Node ${wanted} and this is ${process.version}. ` +
      `Run \`npm ci\` with install scripts allowed, which brings Node ${wanted} along, or install it.`,
  );
  process.exit(1);
}
