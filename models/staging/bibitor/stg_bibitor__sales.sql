{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('bibitor', 'sales') }}

)

select * from lines
