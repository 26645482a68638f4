package portal

// ReadImportFile reads what 通關憑證註冊 was given.
var ReadImportFile = readImportFile
