-- What a parcel's box emits, told by the retailer: packaging goes with the basis parcel.
alter table emission_factor
  drop constraint emission_factor_basis_check,
  add constraint emission_factor_basis_check
    check (basis in ('tonne_km', 'vehicle_km', 'tonne_handled', 'parcel'));
