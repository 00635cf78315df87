terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

variable "cid" {
  type = string
}

data "nexus_ledger_entry" "record" {
  cid = var.cid
}

output "signed_by" {
  value = data.nexus_ledger_entry.record.signer
}
