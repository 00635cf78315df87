terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}

variable "deployer_key" {
  description = "From a place that you trust, not from the record."
  type        = string
}

check "record" {
  assert {
    condition = can(provider::nexus::verify_proof(
      file("record.json"), var.deployer_key, file("record.proof"), file("log.pub"),
    ))
    error_message = "The record is not what the deployer signed, or not in the log."
  }
}
