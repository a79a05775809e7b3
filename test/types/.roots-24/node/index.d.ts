/// <reference path="../../../../node_modules/types-node-24/index.d.ts" />
