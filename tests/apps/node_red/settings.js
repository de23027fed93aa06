// What Node-RED is started with: one account, and a record of who signs in.
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const bcrypt = createRequire(require.resolve("node-red/package.json"))("bcryptjs");

const record = (message) => {
  if (message.event) fs.appendFileSync(process.env.RECORDS, `${message.event}\n`);
};

module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.PORT),
  userDir: process.env.FOLDER,
  flowFile: path.join(process.env.FOLDER, "flows.json"),
  credentialSecret: "no secret: there are no credentials in these flows",
  telemetry: { enabled: false, updateNotification: false },
  diagnostics: { enabled: false },
  externalModules: { palette: { allowInstall: false } },
  adminAuth: {
    type: "credentials",
    users: [
      {
        username: process.env.ACCOUNT,
        password: bcrypt.hashSync(process.env.PASSWORD, 4),
        permissions: "*",
      },
    ],
  },
  logging: {
    console: { level: "warn" },
    records: { level: "off", audit: true, handler: () => record },
  },
};
