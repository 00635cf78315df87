# Terraform 1.14 and later: terraform apply -invoke=action.nexus_reboot.n-0
action "nexus_reboot" "n-0" {
  config {
    node = "n-0"
  }
}
